// Reads {zone: VTIMEZONE, hours: [local time]} from stdin and writes each hour in UTC, by ical.js and that zone alone.
import ICAL from "ical.js";
import { text } from "node:stream/consumers";

const { zone, hours } = JSON.parse(await text(process.stdin));
const timezone = new ICAL.Timezone(new ICAL.Component(ICAL.parse(zone)));
const inUtc = (hour) => {
  const time = ICAL.Time.fromString(hour);
  time.zone = timezone;
  return time.toJSDate();
};
console.log(JSON.stringify(hours.map((hour) => inUtc(hour).toISOString())));
