// Reads {name: AsyncAPI document} from stdin and writes {name: what is wrong with it}, by @asyncapi/parser.
import { Parser } from "@asyncapi/parser";
import { text } from "node:stream/consumers";

const WARNING = 1; // 0 is an error; beyond are hints, as that 3.0.0 is not the latest version
const parser = new Parser();
const wrong = {};
for (const [name, document] of Object.entries(JSON.parse(await text(process.stdin)))) {
  const diagnostics = await parser.validate(JSON.stringify(document));
  wrong[name] = diagnostics
    .filter((diagnostic) => diagnostic.severity <= WARNING)
    .map(({ code, path, message }) => `${code} at ${path.join(".")}: ${message}`);
}
console.log(JSON.stringify(wrong));
