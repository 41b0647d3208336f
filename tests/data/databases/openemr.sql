-- The tables and columns of OpenEMR that its preset reads.
CREATE TABLE openemr_postcalendar_events (pc_eid INT PRIMARY KEY, pc_catid INT NOT NULL DEFAULT 5, pc_aid VARCHAR(30) DEFAULT '1', pc_pid VARCHAR(11) DEFAULT '', pc_title VARCHAR(150) DEFAULT 'Office Visit', pc_eventDate DATE NOT NULL, pc_endDate DATE NOT NULL DEFAULT '0000-00-00', pc_duration BIGINT NOT NULL DEFAULT 900, pc_recurrtype INT NOT NULL DEFAULT 0, pc_recurrspec TEXT, pc_startTime TIME, pc_apptstatus VARCHAR(15) NOT NULL DEFAULT '-', pc_facility INT NOT NULL DEFAULT 3);
CREATE TABLE patient_data (pid BIGINT PRIMARY KEY, fname VARCHAR(255) NOT NULL, lname VARCHAR(255) NOT NULL, DOB DATE, language VARCHAR(255) NOT NULL DEFAULT '', phone_cell VARCHAR(255) NOT NULL DEFAULT '', hipaa_allowsms VARCHAR(3) NOT NULL DEFAULT 'NO', deceased_date DATETIME);
CREATE TABLE users (id BIGINT PRIMARY KEY, fname VARCHAR(255), lname VARCHAR(255));
CREATE TABLE openemr_postcalendar_categories (pc_catid INT PRIMARY KEY, pc_constant_id VARCHAR(255), pc_catname VARCHAR(100));
INSERT INTO users VALUES (1, 'Olga', 'Ruiz');
INSERT INTO openemr_postcalendar_categories VALUES (5, 'office_visit', 'Office Visit');
