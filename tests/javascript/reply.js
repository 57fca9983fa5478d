// Reads {request, attendee, partstat, delegate?, comment?, sequence?, stamp} from stdin and writes the reply that ical.js makes of the request.
import ICAL from "ical.js";
import { text } from "node:stream/consumers";

const given = JSON.parse(await text(process.stdin));
const request = new ICAL.Component(ICAL.parse(given.request)).getFirstSubcomponent("vevent");
const reply = new ICAL.Component("vcalendar");
reply.updatePropertyWithValue("prodid", "-//tests//ical.js//EN");
reply.updatePropertyWithValue("version", "2.0");
reply.updatePropertyWithValue("method", "REPLY");
const event = new ICAL.Component("vevent");
event.updatePropertyWithValue("uid", request.getFirstPropertyValue("uid"));
event.updatePropertyWithValue("sequence", given.sequence ?? request.getFirstPropertyValue("sequence"));
event.updatePropertyWithValue("dtstamp", ICAL.Time.fromString(given.stamp));
event.updatePropertyWithValue("organizer", request.getFirstPropertyValue("organizer"));
const attendee = event.addPropertyWithValue("attendee", `mailto:${given.attendee}`);
attendee.setParameter("partstat", given.partstat);
if (given.delegate) {
  attendee.setParameter("delegated-to", `mailto:${given.delegate.email}`);
  const delegate = event.addPropertyWithValue("attendee", `mailto:${given.delegate.email}`);
  delegate.setParameter("cn", given.delegate.name);
  delegate.setParameter("delegated-from", `mailto:${given.attendee}`);
}
if (given.comment) event.updatePropertyWithValue("comment", given.comment);
reply.addSubcomponent(event);
console.log(reply.toString());
