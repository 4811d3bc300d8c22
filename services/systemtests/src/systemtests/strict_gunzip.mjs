// Prints a gzip stream as it comes. Node's gunzip is strict: a stream that ends without its
// checksum, or with a wrong one, is an error here.
import http from "node:http";
import { createGunzip } from "node:zlib";

const [url, lastEventId] = process.argv.slice(2);
const headers = { "Accept-Encoding": "gzip" };
if (lastEventId) headers["Last-Event-ID"] = lastEventId;

function fail(error) {
  console.error(String(error));
  process.exit(1);
}

const request = http.get(url, { headers }, (answer) => {
  if (answer.headers["content-encoding"] !== "gzip") fail(`not gzip: ${answer.statusCode}`);
  answer.on("error", fail);
  answer.pipe(createGunzip()).on("error", fail).pipe(process.stdout);
});
request.on("error", fail);
