//! The program's request equals the example of the Annie API documentation, and settings limit what Annie receives.

use serde_json::Value;

use crate::program::Practice;

const EXAMPLE: &str = r#"{
    "fromNumber": "+15551234567",
    "toNumber": "+15559876543",
    "message": "Hi Sarah, this is Annie from Bright Smiles Dental. We wanted to reach out about scheduling your next cleaning appointment.",
    "patientInfo": { "firstName": "Sarah", "lastName": "Johnson", "dateOfBirth": "1988-03-22T00:00:00.000Z", "patientId": "PAT-10432" },
    "appointmentInfo": {
      "startTime": "2025-03-10T15:00:00-06:00", "endTime": "2025-03-10T15:30:00-06:00",
      "appointmentTypeId": "apt-type-cleaning", "appointmentDescription": "6-month routine cleaning and exam",
      "appointmentId": "81260683"
    },
    "context": "Confirming upcoming cleaning appointment scheduled for March 10th at 3:00 PM"
}"#;

const SARAH: &str = "id,patient_id,first_name,last_name,date_of_birth,phone,type_id,description,starts_at,ends_at,status\n\
    81260683,PAT-10432,Sarah,Johnson,1988-03-22,+15559876543,apt-type-cleaning,6-month routine cleaning and exam,2025-03-10T15:00:00-06:00,2025-03-10T15:30:00-06:00,booked\n";

fn practice(annie: &str) -> Practice {
    let practice = Practice::new(&format!(
        "[practice]\nname = \"Bright Smiles Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+15551234567\"\n\
         timezone = \"America/Denver\"\n[annie]\n{annie}\n[sending]\nmode = \"live\"\nonly_to = [\"+15559876543\"]\n\
         [[rule]]\nname = \"three-days\"\nlead = \"3 business days\"\nat = \"10:00\"\n\
         message = \"Hi {{{{ patient.first_name }}}}, this is Annie from {{{{ practice.name }}}}. We wanted to reach out about scheduling your next {{{{ appointment.type }}}} appointment.\"\n\
         [appointment_types]\n\"apt-type-cleaning\" = \"cleaning\"\n[database]\npath = \"test.db\"\n"
    ));
    practice.import(SARAH, &[]).good();
    practice
}

fn only_request(practice: &Practice) -> Value {
    let items = practice.plan(&["--now", "2025-03-01T12:00:00-07:00"]);
    let [item] = items.as_slice() else { panic!("{items:?}") };
    assert_eq!((item["state"].as_str(), item["reason"].as_str()), (Some("planned"), None));
    assert_eq!(item["due_at"], "2025-03-05T17:00:00Z");
    item["request"].clone()
}

#[test]
fn a_request_equals_the_example_of_the_api_documentation() {
    let practice = practice(
        "send_patient = [\"first_name\", \"last_name\", \"date_of_birth\", \"patient_id\"]\n\
         send_appointment = [\"start_time\", \"end_time\", \"type\", \"description\", \"id\"]",
    );
    let request = only_request(&practice);
    assert_eq!(request, serde_json::from_str::<Value>(EXAMPLE).unwrap());
    if let Some(file) = crate::shared::data("../annie-sms-example.json") {
        let theirs: Value = serde_json::from_str(&crate::shared::text(&file)).unwrap();
        assert_eq!(request, theirs["request"]);
    }
}

#[test]
fn by_default_annie_receives_less_patient_data() {
    let request = only_request(&practice(""));
    assert_eq!(request["patientInfo"], serde_json::json!({ "firstName": "Sarah", "patientId": "PAT-10432" }));
    let appointment = serde_json::json!({ "startTime": "2025-03-10T15:00:00-06:00", "appointmentId": "81260683" });
    assert_eq!(request["appointmentInfo"], appointment);
    let nothing = only_request(&practice("send_patient = []\nsend_appointment = []"));
    assert_eq!((nothing.get("patientInfo"), nothing.get("appointmentInfo")), (None, None));
}
