// For work on the page: serves `web/` from the disk and hands everything else to a running server, so that a change is
// seen at the next reload without building anything. Never part of the program.
//
//   node crates/page/dev/proxy.mjs [http://127.0.0.1:7890] [port]

import { createReadStream, readFileSync, existsSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { extname, join, basename } from 'node:path';

const WEB = join(import.meta.dirname, '..', 'web');
const [upstream = 'http://127.0.0.1:7890', port = '7891'] = process.argv.slice(2);
const TYPES = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
const POLICY =
  "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const server = createServer((asked, answer) => {
  const path = new URL(asked.url, 'http://x').pathname;
  answer.setHeader('content-security-policy', POLICY);
  answer.setHeader('cache-control', 'no-store');
  if (path === '/') {
    answer.setHeader('content-type', 'text/html; charset=utf-8');
    answer.end(readFileSync(join(WEB, 'index.html'), 'utf8').replaceAll('{version}', 'dev'));
    return;
  }
  const file = join(WEB, basename(path));
  if (path.startsWith('/page/') && existsSync(file)) {
    answer.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(answer);
    return;
  }
  // The server would rightly take this port for a foreign page.
  const headers = { ...asked.headers, host: new URL(upstream).host, origin: upstream };
  delete headers['sec-fetch-site'];
  const passed = request(upstream + asked.url, { method: asked.method, headers }, (got) => {
    answer.writeHead(got.statusCode ?? 502, got.headers);
    got.pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  asked.pipe(passed);
});
server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
