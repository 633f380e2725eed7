// What to offer while somebody types: which ends of the text may be the beginning of a name. Pure.

/** Most words of a name that are looked for. */
const WORDS_MAX = 3;
/** Offers shown. */
export const OFFERS_MAX = 8;

/**
 * The ends of a text that may be the beginning of a name, the longest first: "Mara and Captain Br" gives
 * "and Captain Br", "Captain Br", "Br". Nothing after a space, and nothing inside quotes: those are dialogue.
 * @param {string} text
 * @returns {string[]}
 */
export function tails(text) {
  const quotes = (text.match(/["“”„]/g) ?? []).length;
  if (text.trim() === '' || /\s$/.test(text) || quotes % 2 === 1) return [];
  const words = [...text.matchAll(/\S+/g)].slice(-WORDS_MAX);
  return words.map((word) => text.slice(word.index)).filter((tail) => !/["“”„]/.test(tail));
}

/**
 * Offers for several ends as one list: a longer end tells more, so what it found comes first; a name only once.
 * @param {{tail: string, suggestions: Suggestion[]}[]} found The longest end first.
 * @returns {Offer[]}
 */
export function merge(found) {
  /** @type {Map<string, Offer>} */
  const offers = new Map();
  for (const { tail, suggestions } of found) {
    for (const s of suggestions) {
      const key = `${s.type} ${s.text.toLowerCase()}`;
      if (!offers.has(key)) offers.set(key, { ...s, tail });
    }
  }
  return [...offers.values()].slice(0, OFFERS_MAX);
}

/**
 * The text with the offer in place of its end, and a space to go on.
 * @param {string} text @param {Offer} offer
 */
export const accept = (text, offer) => `${text.slice(0, text.length - offer.tail.length)}${offer.text} `;
