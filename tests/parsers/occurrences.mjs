// Reads a calendar on standard input; writes its events as JSON, their times in UTC.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

ICAL.design.icalendar.property.name = { defaultType: "text" }; // RFC 7986, later than the parser

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
ICAL.TimezoneService.reset();
for (const zone of calendar.getAllSubcomponents("vtimezone")) {
  ICAL.TimezoneService.register(zone);
}
const found = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    sequence: event.sequence,
    summary: event.summary,
    location: event.location,
    status: component.getFirstPropertyValue("status"),
    start: event.startDate.toJSDate().toISOString(),
    end: event.endDate.toJSDate().toISOString(),
  };
});
const name = calendar.getFirstPropertyValue("name");
process.stdout.write(JSON.stringify({ name, events: found }));
