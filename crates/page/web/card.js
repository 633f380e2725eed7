// A moment as a card.

import { still } from './api.js';
import { typeName, typeTone } from './clauses.js';
import { fill, h } from './dom.js';
import { icon } from './icons.js';
import { excerpt, segments } from './marks.js';
import { clock, episodeCode, length } from './time.js';

/** Height of a card's picture, in pixels: twice what is shown, for sharp screens. */
const STILL_HEIGHT = 180;
/** Pieces of evidence that a card shows as labels. */
const LABELS_MAX = 5;
/** A still a little after the in-point: the frame of a cut may still be the one before. */
const STILL_AFTER_NS = 200_000_000;
/** After an asset had no picture, it is asked again after this long, in milliseconds. */
const RETRY_MS = 60_000;

/** How often a picture that was not in time is asked for again, and after how long, in milliseconds. */
const TRIES_MAX = 3;
const AGAIN_MS = 1_500;

/** Assets without pictures, and since when: no card asks for what is not there. @type {Map<string, number>} */
const blind = new Map();

/** What people call a moment's asset. @param {Moment | Asset} moment */
export function nameOf(moment) {
  const code = episodeCode(moment);
  const name = moment.series ?? (code ? moment.movie_id : moment.title) ?? moment.asset_id;
  const rest = moment.series || code ? moment.title : undefined;
  return { name: name || moment.asset_id, code, rest: rest === name ? undefined : rest };
}

/** @param {Moment} moment */
export const spanOf = (moment) =>
  moment.timecode_in && moment.timecode_out
    ? { from: moment.timecode_in, to: moment.timecode_out }
    : { from: clock(moment.start_ns), to: clock(moment.end_ns) };

/**
 * A drawn stand-in for a picture that is not there.
 * @param {string} timecode
 */
export const placeholder = (timecode) =>
  h('span', { class: 'slate', 'aria-hidden': 'true' }, h('span', { class: 'slate-time' }, timecode));

/**
 * A picture of a moment over its stand-in, which stays where there is no picture.
 * @param {HTMLElement} box @param {Moment} moment @param {string} timecode
 */
function picture(box, moment, timecode) {
  box.prepend(placeholder(timecode));
  const since = blind.get(moment.asset_id);
  if (since !== undefined && Date.now() - since < RETRY_MS) return;
  const at = Math.min(moment.start_ns + STILL_AFTER_NS, (moment.start_ns + moment.end_ns) / 2);
  const src = still(moment.asset_id, at, STILL_HEIGHT);
  let tries = 0;
  const img = h('img', { alt: '', loading: 'lazy', decoding: 'async', src, onload: () => img.classList.add('there'), onerror: () => void again() });
  const again = async () => {
    tries += 1;
    const status = await fetch(src, { method: 'HEAD' }).then((r) => r.status, () => 0);
    // Many pictures are made at once: one that was not in time is asked for again, one that is not there is not.
    if ([408, 429, 503].includes(status) && tries <= TRIES_MAX && img.isConnected) {
      setTimeout(() => (img.src = src), AGAIN_MS * tries);
      return;
    }
    if (status === 404 || status === 501) blind.set(moment.asset_id, Date.now());
    img.remove();
  };
  box.firstElementChild?.after(img);
}

/** A line with its hits marked. @param {Evidence} evidence @param {boolean} short */
export function line(evidence, short) {
  const parts = segments(evidence.text ?? '', evidence.marks);
  return (short ? excerpt(parts) : parts).map((p) => (p.hit ? h('mark', {}, p.text) : p.text));
}

/** The line of dialogue to show: the best that has a hit in it, else the first. @param {Moment} moment */
export const lineOf = (moment) =>
  moment.evidence.find((e) => e.text && (e.marks ?? []).length > 0) ?? moment.evidence.find((e) => e.text);

/** A piece of evidence as a label. @param {Evidence} e */
function label(e) {
  const says = e.label ?? (e.similarity === undefined ? typeName(e.type) : `${typeName(e.type)} ${e.similarity.toFixed(2)}`);
  const percent = `${Math.round(e.confidence * 100)} %`;
  return h(
    'li',
    { class: `tag tone-${typeTone(e.type)}`, title: `${typeName(e.type)}, ${e.model}, confidence ${percent}` },
    says,
    e.confidence < 1 && h('span', { class: 'tag-more' }, percent),
  );
}

/** Each label once, the surest. @param {Moment} moment */
export function labels(moment) {
  const seen = new Map();
  for (const e of moment.evidence) {
    const key = `${e.type} ${e.label ?? ''}`;
    if (e.text && !e.label) continue;
    if ((seen.get(key)?.confidence ?? -1) < e.confidence) seen.set(key, e);
  }
  return [...seen.values()];
}

/** What was nearest, where nothing that is named or said was found. @param {Moment} moment */
function nearest(moment) {
  const near = moment.evidence.find((e) => e.similarity !== undefined);
  return near && h('p', { class: 'card-line card-near' }, `looks or sounds near: ${(near.similarity ?? 0).toFixed(2)}`);
}

/**
 * A card: one picture, the name, where it is and how long, the line, what was found.
 * @param {Moment} moment
 * @param {{open: (play: boolean) => void, copy: () => void, like: () => void, keep: () => void}} acts
 */
export function card(moment, acts) {
  const { name, code, rest } = nameOf(moment);
  const { from, to } = spanOf(moment);
  const said = lineOf(moment);
  const all = labels(moment);
  const score = Math.round(moment.score * 100);
  const title = [name, code, rest].filter(Boolean).join(' ');
  const pic = h('span', { class: 'pic' });
  picture(pic, moment, from);
  const main = h(
    'button',
    { type: 'button', class: 'card-main', tabindex: '-1', title, onclick: () => acts.open(true) },
    h('bdi', { class: 'card-name' }, name),
    ' ',
    code && h('span', { class: 'card-code' }, code),
    ' ',
    rest && h('bdi', { class: 'card-rest' }, rest),
    h('span', { class: 'visually-hidden' }, `, from ${from} to ${to}, score ${score} of 100`),
  );
  /** @param {string} name @param {string} says @param {string} label @param {() => void} act */
  const act = (name, says, label, act) =>
    h('button', { type: 'button', class: 'mini', tabindex: '-1', title: says, 'aria-label': label, onclick: act }, icon(name));
  return h(
    'li',
    { class: 'card' },
    pic,
    h(
      'div',
      { class: 'card-body' },
      main,
      h(
        'p',
        { class: 'card-time', title: `${from} – ${to}` },
        h('span', {}, from),
        h('span', { class: 'card-long' }, length(moment.end_ns - moment.start_ns)),
        (moment.count ?? 1) > 1 && h('span', { class: 'card-count', title: 'Near-identical moments folded into this one' }, `× ${moment.count}`),
      ),
      said ? h('p', { class: 'card-line', lang: said.language, dir: 'auto' }, line(said, true)) : (nearest(moment) ?? h('p', { class: 'card-line' })),
      h(
        'ul',
        { class: 'tags', 'aria-label': 'Evidence' },
        all.slice(0, LABELS_MAX).map(label),
        all.length > LABELS_MAX && h('li', { class: 'tag-more' }, `+${all.length - LABELS_MAX}`),
      ),
    ),
    h(
      'div',
      { class: 'card-acts' },
      act('keep', 'Keep in the bin', `Keep ${from}`, acts.keep),
      act('copy', 'Copy timecode', `Copy timecode ${from}`, acts.copy),
      act('like', 'Find similar', `More like ${from}`, acts.like),
    ),
  );
}
