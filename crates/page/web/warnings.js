// What people are told of an answer; programs go by the codes. Pure.

import { describe, placesOf, sentence } from './clauses.js';

/** What the server writes as code, as people write it. @param {string} message */
export const plain = (message) => message.replaceAll(/\x60([^\x60]*)\x60/g, '“$1”');

/** What is said in other words than the server's: what happened, and what can be done. @type {{[code: string]: (words: string) => string}} */
const SAYS = {
  no_encoder: (words) => `${words} was looked for in names and lines only: the archive has pictures and sounds, but nothing that turns words into what they show. An encoder makes them searchable (“rushes encode”).`,
  encoder_failed: (words) => `${words} could not be looked for by meaning just now; names and lines were searched. Try again in a moment.`,
  no_data: (words) => `${words} is not looked for by meaning: nothing in the archive has been prepared for that yet (“rushes encode”).`,
  index_incomplete: () => 'The newest material cannot be searched yet. It follows by itself.',
  page_cut: () => 'This page is shorter than usual; scroll on for the rest.',
  no_shots: () => 'The archive knows no cuts here: moments were not fitted to shots.',
  no_frame_rate: () => 'Some of the files have no known frame rate: times there are not exact to the frame.',
};

/** A warning in words for people. @param {Plan} plan @param {Warning} warning */
export function inPeoplesWords(plan, { code, pointer, message }) {
  const place = placesOf(plan).find((p) => p.pointer === pointer);
  const says = Object.hasOwn(SAYS, code) ? SAYS[code] : undefined;
  if (says) return says(place ? `“${describe(place.clause).says.replaceAll(/[“”]/g, '')}”` : 'This');
  return plain(place ? `${sentence(place.clause)}: ${message}` : message);
}

/** Is it something that who asks has to know before looking at the moments? @param {Warning} warning */
export const matters = ({ code }) => code !== 'no_match';
