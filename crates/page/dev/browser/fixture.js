// A small archive with moving pictures for the browser tests: lines as models would write them about two short
// episodes of our own, "The Lamp Room", and clips with a counter that ffmpeg draws.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const S = 1_000_000_000;
const LENGTH_S = 40;
/** How long the server may take to start, in milliseconds. */
const PATIENCE_MS = 60_000;

const SCENES = [
  { place: 'lamp room', from: 0, to: 14, people: [['Nell', 0, 14], ['Tobias', 5, 14]], props: ['lantern', 'ledger'] },
  { place: 'stairs', from: 14, to: 22, people: [['Tobias', 14, 22]], props: ['lantern'] },
  { place: 'kitchen', from: 22, to: 40, people: [['Nell', 22, 40], ['Tobias', 30, 36], ['The Cat', 26, 28]], props: ['kettle', 'herring'] },
];
const LINES = [
  [1, 4, 'Nell', 'en', 'Somebody has to wind the lamp before the fog comes in.'],
  [6, 9, 'Tobias', 'en', 'I wound it twice. My feet ran up those stairs all night.'],
  [15, 18, 'Tobias', 'de', 'Zweihundert Stufen, und keine davon ist gerade.'],
  [23, 26, 'Nell', 'en', 'Could you pass the salt? The herring needs it.'],
  [31, 35, 'Tobias', 'es', '¿Quién se ha comido el arenque?'],
];

/** A vector of a place, the same everywhere. */
const vectorOf = (place, n) => Array.from({ length: 8 }, (_, i) => Math.sin((place.length + 1) * (i + 1)) + 0.05 * Math.sin(n * (i + 3)));

function linesOf(asset) {
  const out = [];
  const say = (model, type, from, to, what) =>
    out.push({ asset_id: asset, movie_id: 'lamp-room', model, type, time_range: { start_time_ns: Math.round(from * S), end_time_ns: Math.round(to * S) }, ...what });
  let shot = 0;
  for (const { place, from, to, people, props } of SCENES) {
    say('places@1', 'SCENE_SEARCH', from, to, { label: place, confidence_score: 0.91 });
    for (const [name, a, b] of people) say('faces@3', 'CHARACTER_SEARCH', a, b, { label: name, confidence_score: 0.97 });
    for (const prop of props) say('props@1', 'OBJECT_SEARCH', from, to, { label: prop, confidence_score: 0.8 });
    for (let at = from; at < to; at += 4) {
      say('cuts@1', 'SHOT', at, Math.min(at + 4, to), {});
      say('frames@1', 'SCENE_SEARCH', at, Math.min(at + 4, to), { embedding_vector: vectorOf(place, shot++) });
    }
  }
  for (const [from, to, speaker, language, text] of LINES) {
    say('speech@2', 'DIALOGUE_SEARCH', from, to, { text, language, confidence_score: 0.9, attributes: { speaker } });
  }
  say('mood@1', 'MOOD', 12, 12, { label: 'dread', confidence_score: 0.6 });
  return out;
}

/** A small clip with a counter, quick to make. */
function clip(path) {
  const source = `testsrc=size=160x90:rate=25:duration=${LENGTH_S}`;
  const tone = `sine=frequency=220:duration=${LENGTH_S}`;
  const quick = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '16', '-b:v', '150k', '-g', '25', '-c:a', 'libvorbis'];
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, '-f', 'lavfi', '-i', tone, ...quick, path], { stdio: 'ignore' });
}

/** A clip in a codec of editing rooms, which no browser plays; with sound some play that, and show nothing. */
function prores(media, name, sound) {
  const path = join(media, `${name}.mov`);
  const tone = sound ? ['-f', 'lavfi', '-i', 'sine=frequency=220:duration=3'] : [];
  execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=160x90:rate=25:duration=3', ...tone, '-c:v', 'prores', ...(sound ? ['-c:a', 'aac'] : []), path], { stdio: 'ignore' });
  return path;
}

/** Is the program there? */
export function has(program) {
  try {
    execFileSync(program, ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes the archive and serves it.
 * @param {string} rushes The program.
 * @param {object[]} more Lines beside those of the episodes.
 */
export async function serve(rushes, more = []) {
  const home = mkdtempSync(join(tmpdir(), 'rushes-page-'));
  const media = join(home, 'media');
  mkdirSync(media);
  const withVideo = has('ffmpeg');
  const assets = [1, 2, 3].map((episode) => {
    const asset_id = `lamp-room-s01e0${episode}`;
    const path = join(media, `${asset_id}.webm`);
    // The third episode has no media: the page must do without.
    const seen = withVideo && episode < 3;
    if (seen && episode === 1) clip(path);
    else if (seen) copyFileSync(join(media, 'lamp-room-s01e01.webm'), path);
    return {
      asset_id,
      movie_id: 'lamp-room',
      series: 'The Lamp Room',
      season: 1,
      episode,
      title: ['Before the Fog', 'The Herring', 'Nobody Filmed It'][episode - 1],
      duration_ns: LENGTH_S * S,
      frame_rate: '25/1',
      start_timecode: '10:00:00:00',
      language: 'en',
      ...(seen ? { path } : {}),
    };
  });
  const odd = withVideo ? ['dunes', 'mesa'] : [];
  for (const name of odd) assets.push({ asset_id: `lamp-room-${name}`, movie_id: 'lamp-room', title: name, path: prores(media, name, name === 'mesa') });
  const lines = (list) => list.map((line) => `${JSON.stringify(line)}\n`).join('');
  if (withVideo) {
    const path = join(media, 'broken.mov');
    writeFileSync(path, 'no film at all');
    assets.push({ asset_id: 'lamp-room-broken', movie_id: 'lamp-room', title: 'broken', path });
  }
  const files = { assets: join(home, 'assets.jsonl'), said: join(home, 'said.jsonl') };
  writeFileSync(files.assets, lines(assets));
  const said = assets.flatMap((a) => (a.series ? linesOf(a.asset_id) : [{ asset_id: a.asset_id, model: 'places@1', type: 'SCENE_SEARCH', label: a.title, time_range: { start_time_ns: S, end_time_ns: 2 * S } }]));
  writeFileSync(files.said, lines([...said, ...more]));
  const archive = ['--archive', join(home, 'archive')];
  const run = (...args) => execFileSync(rushes, [...archive, ...args], { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  run('ingest', '--wait', files.said);
  run('asset', 'import', files.assets);
  const server = spawn(rushes, [...archive, 'serve', '--listen', '127.0.0.1:0', '--no-open', '--media-root', media], { stdio: ['ignore', 'pipe', 'pipe'] });
  const base = await address(server);
  // While the page is worked on: its files as they lie on the disk, in front of the same server.
  const disk = process.env.PAGE_FROM_DISK ? spawn('node', [join(import.meta.dirname, '../proxy.mjs'), base, '0'], { stdio: ['ignore', 'pipe', 'pipe'] }) : null;
  return {
    base: disk ? await address(disk) : base,
    withVideo,
    run,
    async stop() {
      disk?.kill('SIGTERM');
      // What the server still writes while it ends is waited for.
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The address that a server prints once it listens. */
function address(server) {
  return new Promise((resolve, reject) => {
    let [text, said] = ['', ''];
    const timer = setTimeout(() => reject(new Error(`the server did not start: ${said}`)), PATIENCE_MS);
    server.stderr.on('data', (chunk) => (said += chunk));
    server.stdout.on('data', (chunk) => {
      text += chunk;
      const found = /http:\/\/[\d.:]+/.exec(text);
      if (!found) return;
      clearTimeout(timer);
      resolve(found[0]);
    });
    server.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
}
