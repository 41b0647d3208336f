//! Spanish (Latin America and Spain): the words for each meaning, as patterns (see `pattern.rs`).

use crate::domain::reply::families::Words;

/// The Spanish vocabulary. Words are folded: no accents, and "ñ" becomes "n".
pub(crate) const WORDS: Words = Words {
    families: "
        etxt = mensaje* mensage* mensj* msj* mjs mnsj* mesaj* msn mjes texto textos sms recordatorio* recordat* aviso avisos notific* alerta* comunicac* correo* publicidad propaganda whatsapp* wasap* wsp mensajit* spam
        esay = mande manden mandes mandar mandarme mandarnos mandando mandeme mandame mandenme envie envien envies enviar enviarme enviarnos enviando envieme embie embien embiar escriba escriban escribas escribir escribirme escribiendo escrivan escriva texteen textee textees textear textearme texteando contacte contacten contactes contactar contactarme contactando comuniquen comunicarse moleste molesten molestes molestar molestarme molestando molestarnos llamen llamar llamarme llamando llames marquen marcar jodan joder jodas chinguen chingar chingando fregar chinga fastidien fastidiar notifiquen hablen hables buscar recuerden recordar recordarme mensajeen recibir recibiendo resivir resibir
        edet = + mas que me nos de sus tus su tu los las estos esos estas ese este ningun ninguna ni recibir resibir resivir recivir seguir recibiendo tener tantos tanto la el un de ustedes a recibo mis mi con tipo molestos todos todas futuros otro otros mandarme enviarme mandar enviar mandando enviando mandes manden mande envien envie ya texto por aqui eso esto
        ecita = cita citas consulta consultas visita turno turnos hora reserva reservacion limpieza cirugia appointment sesion control
        eday = lunes martes miercoles jueves viernes sabado domingo manana hoy pasado enero febrero abril mayo junio julio agosto septiembre octubre noviembre diciembre tarde noche semana
        emed = aspirin* antibiotico* medic* pastilla* pildora* tratamiento* insulina metformina anticoagulante* ibuprofeno fumar tomar comer beber trabajar sangrar doler sangr* dolor* usar tomando fumando comiendo ejercicio* cafe alcohol seguro pago* plan
        efill = ya ahora por favor gracias mas nada nunca hoy
    ",
    filler: "ya ahora inmediatamente esto eso mensajes mensaje msjs textos los el la de a que por quiero quisiera ustedes los me lo todo favor ok sms recordatorios enseguida dije digo les pido",
    courtesy: "por favor;porfavor;por fabor;por fa;porfa;porfis;x favor;x fa;xfa;gracias;muchas gracias;mil gracias;grax;grasias;hola;buenos dias;buen dia;buenas tardes;buenas noches;buenas;disculpe;disculpen;disculpa;perdon;perdone;lo siento;lo siento mucho;saludos;senor;senora;senorita;de una vez;de inmediato;feliz dia;que tenga buen dia;bendiciones;dios los bendiga;dios le bendiga;cordial saludo;un saludo;atte;atentamente;les agradezco;se lo agradezco;le agradezco;amable;sea tan amable;si es tan amable",
    alone: "alto parar pare paren para parad parenle basta baja bajas detener detenga detengan detenganse detente cancelar fin finalizar salir eliminar eliminame eliminenme borrar borrarme borrame borrenme desuscribir desuscribirme desuscribeme desuscribirse desinscribir desinscribirme terminar renunciar revocar revoco suficiente quitar quitame quitenme removerme sacame saquenme stop desactivar dejenme bloquear dejen eliminarme anular desubscribir desubscribirme",
    clause: "alto parar pare paren parad parenle basta detengan detenganse detente desuscribir desuscribirme desuscribeme dejenme saquenme borrenme eliminenme quitenme revoco",
    elsewhere: "
        con la|el|una|un|mi|eso ~2 basta
        borre|elimine|borro|elimino|perdi el|su|tu|los mensaje*|texto*|numero !de|y ~2
        estoy|estaba|esta|estar|sigo|por|ando|estare|estuve|estan de baja
        baja de|por|medica|laboral|maternidad|presion|temperatura 1~la|el maternidad|enfermedad|laboral|peso|trabajo|presion
        presion|azucar|muy|colesterol|temperatura alta|alto|baja
        fin|fines de semana|ano|mes|dia|curso
        al|por|en|a fin
        dej* 1~de|ya 1~de @emed
        debo|puedo|tengo|hay|necesito|deberia|tendre 1~que dejar|parar|suspender|detener de 2~la|mi|tomar|el|las|los @emed
        debo|puedo|tengo|hay|necesito|deberia ~1 suspender|parar|detener|dejar 2~la|el|mi|las|los|de @emed
        parar|suspender|detener|pare|paren|para|suspendo|paro 4~de|el|la|los|mi|las|tomar|con @emed
        <!ya|y|vez basta con|que !los|las|sus|tus|tantos|estos|esos|ya|tanto
        no 1~me|le|se para|deja|paro|parado|dejado de 1~la|el @emed
        un|una|dos|tres|poco|momento|minuto|hora|dia|semana|manana|hoy|lunes|ratito|eso|esto|pregunta|duda no mas|nomas
        no mas de|que|tarde|dolor|preguntas|tardar|citas|temprano
        no me mandaron|enviaron|escribieron|llamaron|llego|llegaron|mando|envio|han|ha|habian|contestan|contesto|contestaron|llegan|llega ~4
        no he|hemos|ha|habia|recibi|recibo|tengo|tuve 1~recibido|ningun ~3
        si no ~1 contact*|llam*|escrib*|mand*|envi*|respond* ~3
        no ~1 cancel*|anul*|borr*|elimin*|quit* ~4
        no me|se 1~mande|manden|envie|envien 4~la|las|el|los|mis|mi|a factura*|cuenta*|receta*|radiografia*|resultado*|paquete*|documento*|formulario*|medic*|casa
        lista de espera
        quit*|sac*|saq*|extra*|elimin*|borr*|remov* 4~me|de|la|el|los|las|mi|una|un|lo|del muela*|diente*|bracket*|puntos|corona*|frenos|placa*|cordal*|sutura*|vendaje|yeso|lunar|agenda|cita*|horario|calendario|manana|lunes|martes|miercoles|jueves|viernes|turno|espera
        dado|dar|di|dieron|dando|darme de baja 3~mi|el|la|del|en seguro|trabajo|hospital|poliza|cita|medico
        para 2~mi|la|el|mandar|enviar|recibir|confirmar
    ",
    opt_out: "
        ^ no mas|+|nomas $
        ya|please 1~basta no mas|+ $
        no mas|+|nomas 5~@edet|ningun|de @etxt|llamadas|contacto
        no|ya|nunca|jamas|ni 1~se|ya|vuelva|vuelvan|mas me|nos|le|les 1~vuelva|vuelvan|vuelvas|sigan|siga|sigas|este|esten|estes 1~a @esay !la|el|mi|mis|los
        no|ya 2~me|nos|se|ya vuelva|vuelvan|vuelvas|volver 1~a @esay
        no|ya|nunca 1~mas @esay 5~@edet @etxt|mas|nada|$
        no me|nos @esay 4~@edet @etxt|mas|nada|$|ustedes
        no me|nos @esay mas|nada|$
        no quiero|kiero|qiero|quero|quieras|queremos|deseo|deseamos|necesito|nesesito|ocupo|requiero|acepto|autorizo|permito|pedi|solicite|quisiera|gusta|gustan|gustaria 7~@edet @etxt|contacto|comunicacion|llamadas
        no|ya|sin quiero|kiero|deseo|quisiera|queremos|deseamos 2~seguir|que|mas|volver|a|ya recibir|recivir|resibir|resivir|recibiendo|recibirlos
        no quiero|kiero|deseo|queremos ~1 que 1~ya 1~me|nos @esay|esten|sigan|vuelvan
        no quiero|kiero|deseo|queremos mas|estos|esos 1~por $
        no quiero|kiero|deseo 1~mas saber 1~nada|mas 1~mas de
        quiero|kiero|deseo|favor|quisiera|pido|solicito|necesito|por 2~que|ya|dej* 1~que dejar|dejen|deje|parar|paren|no ~1 de ~1 @esay
        quiero|quisiera|deseo|kiero|pido|solicito 1~que 2~que|me|nos borren|saquen|quiten|eliminen|bloqueen|remuevan|retiren 2~@efill $
        no|ni|ya 1~me|se @esay|llam* ni|o|y 2~me|ni|nos @esay
        quiero|quisiera|deseo|kiero dejar|parar 1~de $
        dej*|dejar|parar|pare|paren|parad|basta|cesen|cese|eviten|evite|favor|abstenganse|abstengase 1~ya|por|me|nos 1~de|con|no 3~estar|me|seguir|andar|tanto|tantos|sus @esay
        dej* de recibir|recibirlos|resibir|recivir
        dej* de @esay
        dejen|deje|deja|dejar|dejenme|dejame|dejeme|dejennos|dejad 2~me|nos|ya en paz|tranquil*
        dejenme|dejame|dejeme|dejennos en paz|tranquil*|sol*
        dejen|dejenme|deje|dejeme $
        pare|paren|parar|parad|detengan|detener|detenga|deten|basta|alto|suspend*|termin*|cancel*|anul*|desactiv*|quit*|elimin*|borr*|cese*|cesar|corten|corte|stop|stopp|fin 6~@edet|ya|con|envio|envios|enviando|servicio @etxt|suscripcion|envio|envios
        pare|paren|parar|parad|detengan|detener|detenga|basta|alto|corten 1~ya|con|de esto|eso|esos|estos|todo|una|molest* 2~@efill $
        pare|paren|parenle|parale|parele|alto ya|a|con|de !la|las
        ^ para|ya de|con|los|ya @esay|@etxt|para|paren
        ya basta|parenle|parale|parele|estuvo|paren|pare|parar|dejen|dejenme|stop
        basta 3~@edet|ya $|@etxt
        ^ basta
        ^ ya 1~es suficiente|basta
        suficiente* 3~@edet|con @etxt
        salir|salirme|sacar|fuera de la|su|esta|tu lista
        no ~2 ser contactad*|molestad*
        saquenlo|saquelo|borrenlo|borrelo|borralo|quitenlo|quitelo|eliminenlo|eliminelo 2~@efill|de ~1 lista|sistema|numero
        numero ~3 , 1~favor borr*|elimin*|quit*|saq*
        dar|darme|darnos|darse|dame|deme|denme|denos|den|demen|darm|darle|darlo|dan|dando|doy|dese|dense 1~me|de de 1~la baja
        de baja 2~del|de|mi|este|al|los|por 1~este|la|su|mi numero|servicio|lista|@etxt|favor|$
        quiero|kiero|quisiera|solicito|pido|deseo|necesito|favor|tramitar|procesar|causar 2~la|mi|de|me|una|ser|que|dado|este baja
        ^ de 1~me baja
        dado de baja
        baja 3~de|del|en|la|su|este|los @etxt|lista|servicio|suscripcion|sistema|numero
        saquenme|saqueme|sacame|sacarme|saquen|saque|saqen|sakenme|saken|quitenme|quiteme|quitame|quitarme|borrenme|borreme|borrame|borrarme|eliminenme|elimineme|eliminame|eliminarme|remuevanme|remuevame|remuevan|retirenme|retireme|retirame|sacar|quiten|quitar|borren|eliminen|elimine|eliminar|borrar|quite|remover|removerme|retiren|elimina|borra|quita|saca|remueva|retira|retire 5~me|nos|de|su|la|esta|tu|sus|del|los|las|este|mi|nuestro|el|toda lista*|nombre|numero|telefono|celular|cel|num|nro|movil|sistema|base|@etxt|contactos|contacto|registro*|aqui|datos|grupo|directorio
        saquenme|saqueme|sacame|sacarme|quitenme|quiteme|quitame|borrenme|borreme|borrame|eliminenme|elimineme|eliminame|remuevanme|retirenme|bloqueenme 2~@efill|de|esto|ahi|aqui $
        me quit*|saq*|sac*|borr*|elimin*|remuev*|retir* de ~1 lista|@etxt|sistema
        me|mi|este ~1 quiten|saquen|borren|eliminen|numero ~2 lista|sistema|@etxt
        pierd*|olvid*|bloque* 1~de mi|este numero|telefono|contacto
        los|te|lo|les|voy|estan 2~a|voy|estoy bloque*
        olvidense|olvidate|olvidese de mi
        no molest*|moleten|mas molestias
        no contact* !si
        no llam*|llame|llamen|llamar|escriba|escriban|escribir|texteen|textee|textear|textos 1~me 1~mas|a|nunca 3~@edet $
        no mand*|manden|mandar|mande|envie|envien|enviar 2~me|mas|nos @etxt|mas|nada|$
        desuscri*|dessuscri*|desinscri*|desubscri*|desapunt*|dessubscri*|desuscr*
        anul*|cancel* 2~mi|la|esta|su suscripcion|subscripcion|suscripsion
        retir*|revoc*|revok*|cancel*|anul* 3~mi|el|la|todo|su consentimiento|permiso|autorizacion
        revoco|revocar
        no 1~les|le|te|he di|doy|tienen|tiene|dado|tienes|han 2~mi|el|ningun permiso|consentimiento|autorizacion
        no autorizo
        sin mi|permiso permiso|autorizacion|consentimiento
        solo|solamente|unicamente|nomas|puras|exclusivamente 2~por|me|con llamadas|llamen|llamenme|llameme|telefono|llamar|llamada|llamame
        no textos|sms|mensajes|mensaje|texto|mensajitos|recordatorios|avisos|msjs|msj
        sin 1~mas mensajes|textos|sms|recordatorios
        llame*|llamen* 3~en|y|me|mejor|por|telefono 2~vez|lugar|no de|manden|envien|mensajes|textos|mandar
        los|les|te|voy|vamos 3~a|voy|vamos|los|te demandar*|denunciar*|reportar*|acusar*
        una denuncia|demanda
        acoso|acosando|hostigamiento|hostigando
        vete|vayanse|vallanse|largate|vayase|larguense|vayan 3~a|al|la|de|ya mierda|diablo|carajo|chingada|infierno|aqui|verga|porra
        chinga|chinguen|chingen|chingada|no jod*|jodan|no chingu*
        no fastidi*
        me tienen harto|harta|cansad*
        hart*|cansad*|canse|fastidiad* 4~@edet|ya|tanto @etxt
        no me interesa* 5~@edet|recibir @etxt|recibir
        nada de @etxt
        ni un|una|1 @etxt|mas 1~mas
        este|mi numero 2~ya|no no 2~ya|quiere|acepta|mas ~2 @etxt
    ",
    unclear: "
        ^ 2~ya|lo|la|me|si|no|pues|mejor|ok cancela|cancele|cancelen|cancelo|cancelame|canceleme|cancelenme|cancelenlo|cancelenla|cancelala|cancelela|cancelarla|cancelarlo|anula|anule|anulen|anular|cancelar|cancelelo|cancelalo|cancelacion|cancelado 3~todo|esto|eso|la|lo|por|@efill $
        no 1~me interesa*
        ya no quiero|deseo|me|necesito 2~nada|mas|esto|eso $
        ya no $
        no quiero 2~nada|esto|eso|mas $
        no quiero nada
        prefiero ~2 llamad*|llamen|telefono|llamar|hablar
        mejor 1~me llam*|llamen|llameme 2~por|telefono|en|vez $
        es|esto|parece ~1 spam|estafa|fraude|molesto
        muchos|demasiados|tantos @etxt
        yo|nunca no|nunca pedi|me|solicite|autorice|di|firme ~3 esto|suscri*|registre|inscrib*|eso|nada|permiso
        que molest*|pesad*|fastidio*
        borrenlo|borrelo|borralo|quitenlo|eliminenlo|saquenlo $
        dej*|no|paren mandarle|enviarle|escribirle|llamarle|le|les ~4
        dej* de mandarle|enviarle|escribirle|llamarle|mandarles
        dej* ~2 @esay ~2 mi|su esposo|esposa|hijo|hija|mama|papa|madre|padre
        abogado
        alto y|pero
        para|paren|pare y|pero
        no 1~me uso|leo|veo|gusta|gustan @etxt
        fin $
        terminar esto
        no necesito ~2 @etxt|recordatorio*|que
        no hace falta ~2 @etxt|record*|recuerd*|mand*
        por favor parar
    ",
    wrong_person: "
        numero|persona|telefono equivocad*|incorrect*|erroneo|mal
        equivocad*|equivoco|equivocaron|equivocaste|equivocacion|ekivocado
        se ~1 equivoc*|confundi*|confunden
        no soy !yo|el|la|quien|seguro|segura|de|capaz _ $
        no soy 1~el|la|un|una|su 1~ni paciente|persona|esa|ese|cliente|el|ella
        no es|era|fue 2~el|mi|su|este numero|telefono|celular|cel|movil 2~de|correcto|suyo _|$
        ya no es|tiene|pertenece|usa|tienen ~2 numero|telefono|celular|movil|el|ella
        este ~1 no es|pertenece|le|corresponde
        no conozco|conosco a|ningun|ninguna|nadie|esa|ese|quien|_ !el|la
        no conozco|conosco
        no 1~se|sabemos quien|quienes es|son|sea !mi|el
        aqui|aca no 1~hay|vive|existe|esta|es
        no vive|existe|trabaja ~1 aqui|aca|nadie|ninguna
        no hay ninguna|ningun|nadie|una|un ~4 nombre|llamad*|aqui
        nadie 3~aqui|con|que|se llama|llamad*|nombre
        quien es !el|la|mi|usted|ustedes|su|este|esta|ud|uds _ $
        no me|se llamo|llama _
        cambio|cambie|cambiaron de numero|telefono
        numero nuevo
        nuevo numero|dueno
        otra|otro persona|numero|dueno
        numero 1~que no es|corresponde
        no es mi|para cita|consulta|mi
        no tengo|tenemos|hice|pedi|agende|saque 1~ninguna|ningun|una cita|citas|turno|consulta|dentista|doctor !el|a|hoy|manana|con|para
        no es para|de mi
        no soy _ 1~_ $
        fallecio|murio|fallecido|fallecida|difunto
        no 1~le pertenece
        me confunde*|confunden
        nunca he ido|estado|visitado
    ",
    change: "
        cambi* 4~mi|la|de|el|su|una|para|me|nos|mis|esa|esta|lo|las|los|a|por|nuestra @ecita|@eday|dia|fecha|horario|hora|otro|otra
        cambiarla|cambiarme|cambiarlo|cambiarmela|cambiamos|cambiar|cambio|cambiemos
        reprogram*|reagend*|reajend*|reprogam*|reagen*|recalendariz*|reacomod*|replanific*
        mover|moverla|muevan|mueva|muevela|moverme|movemos|movermela|pasar|pasarla|pasarme|pasamos|correr|correrla 4~mi|la|cita|lo|para|el|a|me @ecita|@eday|otro|otra|tarde|temprano|adelante|dia|proxima
        mover|moverla|muevanla|moverme|movermela
        pospon*|posterg*|aplaz*|retras*|adelant*|atras*|recorr* 3~la|mi|el|un|una|poco|me|nos|para ~2
        otro|otra|diferente|distint* dia|fecha|hora|horario|turno|momento|cita|ocasion|semana
        dia|fecha|hora|horario diferente|distint*
        mas tarde|temprano|tardecito|tempranito|adelante|pronto !para|gracias
        puede|podria|puedo|podemos|pueden|podriamos|podrian|seria|sera 4~ser|ir|venir|tener|dar|darme|agendar|me|nos|hacer|posible|llegar|pasar|mejor|hacerla|agendarme|atender|atenderme|ver|a|el|para|asistir|que|sea @eday|#|otro|otra|antes|despues|proxima
        puede|podria|podriamos|podemos|pueden|me|seria ~1 ser|ir|venir|dan|agendar ~3 @eday|proxima|otro|#
        mejor ~2 el|la|para|a|en|por @eday|las|la|#|proxima|otro|otra|tarde|manana
        @eday mejor
        en vez|lugar de|del
        no 1~me|nos puedo|podre|podemos|podria|queda|sirve|conviene|acomoda|viene|va|funciona|puede|pude 2~bien|a|ese|ir|en|este|por el|a|ese|esa|este|en|los|las|antes|hasta|por|@eday ~1 @eday|dia|hora|la|#|horario|manana|fecha|tarde
        no puedo|podre ese|a|esa|el|los|este|antes|hasta|@eday !ir|venir ~2 @eday|dia|hora|horario|#|fecha|esa
        no 1~me queda|sirve|conviene|acomoda|va|funciona 1~bien|ese|esa $|dia|hora|horario|ese|esa
        no puedo|podre ir|asistir|venir|llegar ~4 , ~3 puede|podria|mejor|otro|@eday|puedo
        prefiero|preferiria|quisiera|quiero|necesito|tendra|tienen|tienes|hay ~3 otro|otra|mas|antes|despues|el|la|para|una|por @eday|dia|tarde|temprano|hora|horario|fecha|proxima !cita
        prefiero ~1 @eday|otro|la|el|en|por
        ya no quiero|puedo ir|la|el|ese ~1 @eday|# ~2 puede|pued*|quiero|podria|mejor
        estoy|ando|tengo de|que|trabajo|ocupad* baja|trabajar|ocupad*|trabajo ~3 @eday
        estoy|estare|ando fuera|ocupad* ~3 @eday|ciudad|viaje|$
        de viaje
        semana que|proxima viene|entra
        proxima|siguiente semana|mes
        no estoy|estare disponible|libre
        tengo trabajo|clase|escuela|junta|reunion|examen ~3 @eday|esa|hora|dia
        modific* 2~la|mi|el @ecita|hora|fecha|dia
        a las # mejor|si
        se puede ~3 #|@eday|otro|tarde|temprano|antes
    ",
    cancel: "
        cancel*|anul* 5~la|mi|mis|el|de|del|lo|su|nuestra|esta|esa|las|los|hijo|hija|una|me|para|por @ecita|@eday|#|hora
        quiero|necesito|tengo|deseo|kiero|quisiera|debo|voy|tendre|vamos|favor|hay|puedo|podria|puede|podrian|pueden|podemos|tuve 2~que|a|yo|usted|de|por cancel*|anul* 2~la|mi|lo|por
        cancel* por|porque|ya|estoy|pues|no
        no puedo|podre|podemos|podremos|pude|podria|puede|podra|pueden|podran 4~ir|asistir|llegar|venir|acudir|presentar*|estar|mas|ya|ser 1~$ $|hoy|ir|asistir|llegar|venir|acudir|presentarme|presentarnos|estar|a|manana|el|por|porque|estoy|ya|tengo|este|esta|al|ala
        no 1~lo|me|la puedo|podre|podremos|podemos $
        no voy|vamos|va|van|ba|boy 1~a poder|ir|asistir|llegar|presentar*|acudir|estar|alcanzar|venir
        no|ya 1~no voy|vamos|ire|iremos|vendre|asistire|asistiremos|llego|llegare|llegamos|alcanzo|alcanzare|vengo|estare|acudire|podre|ira|asistira|vendra|vendremos 2~a|hoy|ir|la|el|manana|mas $|a|hoy|la|el|manana|por|porque|al|este|estoy|me|lo|cita|tengo|ya|perdon|mi
        ya no|nada necesito|quiero|requiero|puedo|voy|ocupo|nesesito|deseo 3~la|mi|esa|ir|una|mas|a|esta|de|@ecita|tener @ecita|ir|asistir|$
        no quiero|deseo|queremos 3~ir|la|mi|esa|asistir|ya|una|esta|tener ir|asistir|@ecita
        no necesito 2~la|mi|esa|una @ecita
        no asist*|llegare|ire
        me es|sera imposible
        imposible|imposibilitad* ~1 ir|asistir|llegar
        borr*|elimin*|quit*|saq*|sac* 4~me|mi|de|la|el|del|los @ecita|agenda|calendario|horario|@eday
        dar de baja ~2 cita
        ya 1~me|tengo encontre|tengo|cambie|voy|fui|atendi*|atendieron ~2 otro|otra|dentista|doctor|medico|con
        estoy|esta|ando|estamos|sigo 2~muy|bien|bastante enferm*|mal|malit*|hospital*|internad*
        tengo covid|gripe|influenza|gripa
        surgio|salio|presento 2~algo|un|una|me algo|imprevisto|emergencia|compromiso
        perder|faltar|falto ~2 @ecita
        ya cancele
        no va poder
        no se va|puede|podra ~1 poder|ir|presentar|llegar
        doy por cancelad*
        no cuenten|cuente conmigo
    ",
    keep: "
        no 2~la|me|quiero|vayan|voy|a|lo|se cancel*|anul*|cambi*|perder|pierda|reprogram*|mover|borr*|elimin*|quit* ~4
        si|cuando|en|antes 2~no|la|caso|de|que|yo|se|lo cancel*|puedo|falto|pued*|llego|tengo|voy ~4 cobra*|multa|cargo|costo|cuanto|hay|pasa|tengo|debo|cuesta|aviso|avisar|me ~3
        si|cuando cancelo ~3
        politica|cargo|multa|costo|cobro|cobran ~2 cancel*
        cancelacion|cancelaciones
        hay|tengo que cancel* ~4 ?
        fue|esta|ha|han|quien|por|porque|me|se|ya|sigue|estaba ~2 cancelad*|cancelaron|cancelo ~3
        cancelaron
        no puedo 1~me|lo abrir|ver|entrar|comer|dormir|respirar|tragar|masticar|encontrar|hablar|leer|acceder|mover|esperar|encontrarlo|recordar|pagar|caminar|llamar|marcar|comunic* ~3
        cambi* 3~de|mi|el|mis|la|me|ya seguro|direccion|telefono|numero|domicilio|aseguranza|dentista|medicamento*|vendaje|correo|nombre|trabajo
        no 1~lo|la se
    ",
    unsure: "
        tal vez|ves
        talvez|quizas|quiza|depende|igual|posiblemente|probablemente
        a lo mejor
        ^ puede|podria ser $
        no 1~lo|estoy se|sabria|sabemos 1~si|todavia|aun $|si|todavia|aun|cuando|la|a|que
        no estoy segur*
        no 1~lo se $|si|cuando|todavia|aun|que|a|la|donde
        no sabemos
        creo|pienso|supongo|espero que|si|poder|no
        les|le|te|yo|luego|despues 2~voy|a|yo aviso|confirmo|avisare|avisar|digo|confirmare|llamo|llamare|hablo|dejo
        luego|despues|mas|al rato ~2 confirmo|aviso|digo
        voy|vamos a ver|checar|revisar|preguntar|consultar|intentar|tratar|pensar*
        dejeme|dejame|deja|dejenme ver|checar|checo|reviso|revisar|pregunto|consultar
        tengo que ver|checar|revisar|preguntar|consultar
        trato|tratare|tratar|intentare|intento|hare de|lo|ir|llegar|posible
        si|claro|ok|bueno|vale pero|aunque|siempre|solo|si
        pero|aunque|excepto
        voy|vamos|llego|llegare|ando|estoy|llegamos 3~un|poco|a|llegar|poquito|minutos|#|algo|con tarde|tardecito|retras*|demor*|atrasad*|minutos|min
        retrasad*|demorad*|atrasad*|trafico|atorad*|retraso
        llego|llegare|llegar tarde
        ^ no $
        todavia|aun no
        ^ nop|nel $
    ",
    question: "
        ^ 3~y|pero|si|ok|oye|oiga|disculpe|una que|cual|cuando|donde|adonde|como|quien|cuanto|cuanta|cuantos|cuantas|porque|k|q !bueno|bien
        ^ a|en|para|por|con que|q|k|donde|cual|quien|cuanto
        a|ha|k|q 1~que hora|ora|horas
        que|k|q|cual hora|dia|direccion|fecha|es|debo|tengo|hago|llevo|numero|doctor|documentos
        donde|dnd|dond queda|es|esta|estan|se|estacion*|puedo|$|entro|son
        cuanto|cuanta|cuantos|cuantas cuesta|sale|vale|tiempo|es|dura|cobran|tarda|debo|me|seria|_
        por que
        ^ 2~y|pero|oye|disculpe|una|si debo|puedo|puede|podria|pueden|podrian|tengo|tiene|tienen|hay|necesito|ocupo|acepta*|hacen|atienden|hablan|podemos 1~que|un|una|el|la|algun|me|nos|su|mi _
        debo|puedo|puede|podria|pueden|podrian|tengo|tienen|hay|necesito ~4 ?
        me|nos pueden|puede|podria|podrian|llama*|llame*|llamen|marcar|marcan|hablan|avisan|avisen|manda*|mande*|envia*|envie*|dice*|dicen|regresan|confirma*|da|das|dan|recuerda*|comunica*|marque
        llameme|llamenme|llamame|llamen|llame|llamarme|marqueme|marquenme|hableme|hablenme|marcarme
        necesito|quiero|quisiera|tengo|deseo|ocupo hablar|saber|preguntar|informacion|una|llamar|unas|que|consultar|ayuda|la pregunta|duda|saber|con|informacion|direccion|_
        pregunta|duda|preguntas|dudas|informacion|informes
        ^ ayuda|info|informacion|help|mande|que|como $
        digame|diganme|expliqueme|ayudeme|ayudenme|ayuda
        antes|temprano disponible
        algo antes
        no 1~me|nos recibi|llego|he|llegaron|mandaron|enviaron|mando|llega
        mi|nuevo telefono|direccion|correo|seguro|aseguranza|nombre ~1 nuevo|nueva|cambio|es
    ",
    topic: "
        seguro|aseguranza|medicaid|medicare|copago|factura|pagar|pago|cuenta|costo|precio|cobro*|tarjeta|efectivo|poliza|presupuesto
        medic*|medicina|antibiotic*|aspirina|pastilla*|receta|farmacia|anestesia|alergi*|ayunas|ayuno|comer|desayunar|insulina|tratamiento
        radiografia*|rayos|placa*|formulario*|papeles|documentos|resultados|analisis|examenes|referencia|expediente|historial
        dolor*|duele|doliendo|sangr*|hinchad*|hinchazon|fiebre|infecc*|infectad*|emergencia|urgencia|urgente|rompio|cayo|muela*|diente*|puntos|encia*|corona|bracket*|puente|empaste|calentura|tos
        estacionamiento|estacionar|parqueo|parking|direccion|ubicacion|domicilio|perdid*|mapa|piso|entrada
        interprete|traductor|espanol|ingles
        embarazada|fumar|cirugia|extraccion|limpieza
    ",
    confirm: "
        si|sii|sip|sep|zi|siii|sy|simon|clarin|siip
        claro|confirmo|confirmado|confirmada|confirmamos|confirmar|confirmadisimo|confirma|confirme|comfirmo|confrimo|cofirmo
        <!no vale|listo|lista|perfecto|perfecta|excelente|genial|correcto|entendido|enterad*|okey|okis|oki|sale|dale|bueno|seguro|super|chevere|bien|afirmativo|recibido|acuerdo|anotado|ahuevo|orale|va|sipi|conforme
        de acuerdo
        esta|todo|muy|ta bien|bueno|listo
        por supuesto
        nos vemos|bemos
        ahi|alli|alla|aya|hay 2~nos|los|le|la|les|voy|vamos|si estare|estaremos|estoy|vemos|voy|llego|estara|caigo|llegamos|llegare|veo
        asistire|asistiremos|asistimos|ire|iremos|estare|estaremos|llegare|llegaremos|acudire|vamos|asistira|asisto|acudimos
        si|yo 1~si voy|vamos|ire|puedo|asistire|llego|estare
        ^ 1~ahi voy|vamos $|para|en
        alla|ahi|alli|aca voy|vamos
        cuente|cuenten conmigo|con
        en camino
        hasta manana|luego|el|entonces|pronto
        con gusto
        sin falta
        no faltare|falto|faltaremos
        no hay|ay|tengo problema*|pena|cuidado|cambios
        no|sin falto|fallo|falta|fallar
        no voy|vamos|pienso a cancelar
        no cancelo|cancelare
        sin problema*
        te|le|les|los veo
        cita confirmada
        queda confirmad*
    ",
    pleasantry: "
        gracias|grasias|agradec*|agradezco
        de nada
        igualmente
        feliz|felices _
        buen|buena|buenos|buenas dia|dias|tarde|tardes|noche|noches|fin|semana
        que tenga*|este*|pase*|le|les|dios|tengas
        hola|saludos|bendiciones|adios|hasta|jaja|jajaja|jeje
        dios 1~los|le|te|la|lo|les bendiga
        con mucho gusto
        a|para ustedes|usted|ti
        muy|mil|muchas|muchisimas amable|gracias|amables
        felicidades
        cuidese|cuidense
        un abrazo
    ",
    urgent: "
        sangr*|sangra|sangre|sangrado|sangrando|hinchad*|hinchazon|inchad*|inchazon|hinch*|inflamad*|inflamacion|inflam*|fiebre|calentura|temperatura|infecc*|infectad*|pus|absceso|emergencia|urgencia|urgente|vomit*|desmay*|convuls*|alergia|alergica|alergico|supura*|adormecid*|hemorragia|ambulancia|insoportable
        dolor|dolores|duele|duelen|doliendo|adolorid*|dolia|dolorid*
        no puedo|puede 1~abrir|casi respirar|tragar|abrir|dormir|ver|comer|hablar
        me|le falta ~2 aire
        se 1~me|le cayo|rompio|quebro|salio|despego|solto|partio|zafo|fracturo|aflojo ~3 diente*|muela*|corona|puente|empaste|implante|bracket*|alambre|relleno|amalgama|protesis
        diente*|muela*|corona|puente ~3 cayo|rompio|rot*|quebr*|flojo|salio|partid*
        reaccion alergica
        dolor de|en ~1 pecho
        suicid*
        muchisimo|mucho dolor
    ",
    not_urgent: "
        no|sin|nada|ni|nunca 3~tengo|me|hay|mas|de|ya|ningun|siento|fiebre|ha|he|tenido|tiene|es|una|ni dolor*|duele*|fiebre|sangr*|hinch*|infecc*|calentura|emergencia|urgente|urgencia|inflam*
        va|duele|dolera|dolor|doler|puede 2~a|me|que|mucho doler|dolor ?
        no|ni|sin 2~tengo|hay|mas preguntas|duda|dudas|pregunta
        va 1~a doler
        dolera
        me va a doler
        presion|analisis|examen|prueba|tipo de sangre
        analisis|examen|muestra de sangre
        ya no ~1 duele
        contacto de emergencia
    ",
};
