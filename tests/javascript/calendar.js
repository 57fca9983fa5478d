// Reads {name: calendar file} from stdin and writes what ical.js reads in each: method, event, start and end in UTC.
import ICAL from "ical.js";
import { text } from "node:stream/consumers";

const read = {};
for (const [name, file] of Object.entries(JSON.parse(await text(process.stdin)))) {
  ICAL.TimezoneService.reset(); // each file with the zone that it brings
  const calendar = new ICAL.Component(ICAL.parse(file));
  const zone = calendar.getFirstSubcomponent("vtimezone");
  if (zone) ICAL.TimezoneService.register(new ICAL.Timezone(zone));
  const components = calendar.getAllSubcomponents("vevent");
  const event = new ICAL.Event(components[0]);
  const attendees = components[0].getAllProperties("attendee");
  const organizer = components[0].getFirstProperty("organizer");
  const value = (property) => components[0].getFirstPropertyValue(property);
  read[name] = {
    events: components.length,
    method: calendar.getFirstPropertyValue("method"),
    uid: event.uid,
    sequence: event.sequence,
    status: value("status"),
    summary: event.summary,
    location: event.location,
    stamp: value("dtstamp").toJSDate().toISOString(),
    start: event.startDate.toJSDate().toISOString(),
    end: event.endDate.toJSDate().toISOString(),
    organizer: { email: organizer.getFirstValue(), name: organizer.getParameter("cn"), parameters: Object.keys(organizer.jCal[1]) },
    attendees: attendees.map((each) => ({ email: each.getFirstValue(), ...each.jCal[1] })),
  };
}
console.log(JSON.stringify(read));
