// Talking to the server: JSON both ways, problem documents as errors.

/** Something that went wrong, in words for people. */
export class Problem extends Error {
  /** @param {ProblemDocument} document */
  constructor(document) {
    super(document.detail || document.title || 'something went wrong');
    this.document = document;
    this.status = document.status;
  }
}

/** @param {unknown} error */
export const isAbort = (error) => error instanceof DOMException && error.name === 'AbortError';

/**
 * @param {Response} response
 * @returns {Promise<ProblemDocument>}
 */
async function problemOf(response) {
  const fallback = { status: response.status, title: `the server answered ${response.status}` };
  try {
    const document = await response.json();
    return typeof document === 'object' && document !== null ? { ...fallback, ...document } : fallback;
  } catch {
    return fallback;
  }
}

/**
 * Asks the server; what is no success becomes a {@link Problem}.
 * @param {string} path
 * @param {{body?: unknown, method?: string, signal?: AbortSignal, range?: string, match?: number}} [how] `match`: the version that was read.
 * @returns {Promise<Response>}
 */
export async function ask(path, { body, method, signal, range, match } = {}) {
  /** @type {RequestInit} */
  const init = { method: method ?? (body === undefined ? 'GET' : 'POST'), signal: signal ?? null };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'content-type': 'application/json', ...(match !== undefined && { 'if-match': String(match) }) };
  }
  if (range) init.headers = { range };
  let response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new Problem({
      status: 0,
      title: 'the server does not answer',
      detail: 'the server does not answer',
      mend: 'see that it is running, then try again',
    });
  }
  if (!response.ok) throw new Problem(await problemOf(response));
  return response;
}

/**
 * Asks for JSON.
 * @template T
 * @param {string} path
 * @param {{body?: unknown, method?: string, signal?: AbortSignal, match?: number}} [how]
 * @returns {Promise<T>}
 */
export async function json(path, how) {
  return (await ask(path, how)).json();
}

/** The address of an asset's media. @param {string} asset @param {string} [part] */
export const media = (asset, part = '') => `/v1/media/${encodeURIComponent(asset)}${part}`;

/** The address of a still. @param {string} asset @param {number} at_ns @param {number} height */
export const still = (asset, at_ns, height) => media(asset, `/frame?at_ns=${Math.round(at_ns)}&height=${height}`);
