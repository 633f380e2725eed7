// The picture: plays an asset from an in-point, stops or loops at the out-point, falls back to a proxy, and where
// there is no media at all keeps the playhead so that the lanes still work.

import { ask, media, still, Problem } from './api.js';
import { placeholder } from './card.js';
import { fill, h } from './dom.js';

/** A frame's start in seconds is rounded down by players now and then: a little after it is inside it. */
const INSIDE_S = 0.001;
const STILL_HEIGHT = 540;
/** How often it is asked how far a proxy is, in milliseconds. */
const PROXY_ASK_MS = 1_000;

/** @typedef {'stop' | 'loop' | 'on'} AtOut */

/**
 * @param {HTMLElement} box
 * @param {{tick: (ns: number) => void, changed: () => void}} tell
 */
export function screen(box, tell) {
  const video = h('video', { playsinline: true, preload: 'metadata', tabindex: '-1', 'aria-label': 'Video' });
  const notice = h('p', { class: 'screen-notice', hidden: true });
  /** @type {MomentRef | null} */
  let moment = null;
  let asset = '';
  /** What is tried: the media, then its proxy, then nothing. @type {'media' | 'proxy' | 'none'} */
  let source = 'none';
  /** The playhead where there is no media. */
  let virtual = 0;
  let wanted = 0;
  let wantsPlay = false;
  /** Was the playhead inside the moment? Only then does the out-point stop it. */
  let inside = false;
  /** @type {AtOut} */
  let atOut = 'stop';
  let frame = 0;

  video.addEventListener('click', () => toggle());
  video.addEventListener('loadedmetadata', () => {
    video.currentTime = wanted / 1e9 + INSIDE_S;
    if (wantsPlay) play();
  });
  video.addEventListener('error', () => void fallBack());
  for (const event of ['play', 'pause', 'volumechange', 'ended', 'loadeddata']) video.addEventListener(event, () => tell.changed());
  for (const event of ['seeked', 'timeupdate']) video.addEventListener(event, () => look());
  video.addEventListener('play', () => run());

  /** @param {'media' | 'proxy'} next */
  function load(next) {
    source = next;
    notice.hidden = true;
    video.hidden = false;
    video.src = media(asset, next === 'proxy' ? '/proxy' : '');
    video.load();
  }

  /** The media cannot be played: a proxy is asked for, until it is made or there will be none. */
  async function fallBack() {
    if (source === 'none') return;
    const failed = asset;
    const wasProxy = source === 'proxy';
    source = 'none';
    virtual = wanted;
    video.removeAttribute('src');
    video.hidden = true;
    tell.changed();
    tell.tick(now());
    const why = wasProxy ? 'This browser cannot play the video.' : await proxyOf(failed);
    if (asset !== failed) return;
    if (why === null) load('proxy');
    else say(why);
  }

  /** Waits for a proxy; null once it is there, else why there is none. @param {string} of @returns {Promise<string | null>} */
  async function proxyOf(of) {
    try {
      for (;;) {
        const response = await ask(media(of, '/proxy'), { range: 'bytes=0-0' });
        if (asset !== of) return '';
        if (response.status !== 202) return null;
        const { done_per_mille: done } = await response.json();
        say(`A copy that this browser can play is being made${typeof done === 'number' ? `: ${Math.floor(done / 10)} %` : ' …'}`);
        await new Promise((resolve) => setTimeout(resolve, PROXY_ASK_MS));
      }
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return 'No media of this asset is served here. The lanes below still work.';
      return error instanceof Problem ? `This browser cannot play the video: ${error.message}.` : 'This video cannot be played here.';
    }
  }

  /** @param {string} text */
  function say(text) {
    fill(notice, text);
    notice.hidden = false;
  }

  const now = () => (source === 'none' || video.readyState === 0 ? (source === 'none' ? virtual : wanted) : Math.round(video.currentTime * 1e9));

  function play() {
    if (source === 'none') return;
    video.play().catch(() => tell.changed());
  }

  function toggle() {
    if (source === 'none') return;
    if (!video.paused) {
      video.pause();
      return;
    }
    // At the out-point, playing means: once more from the in-point.
    if (moment && atOut !== 'on' && Math.abs(now() - moment.end_ns) < 60_000_000) seek(moment.start_ns);
    play();
  }

  /** @param {number} ns */
  function seek(ns) {
    wanted = Math.max(0, ns);
    inside = false;
    if (source === 'none') virtual = wanted;
    else if (video.readyState > 0) video.currentTime = wanted / 1e9 + INSIDE_S;
    tell.tick(wanted);
  }

  /** Looks where the playhead is, and does what the out-point asks for. */
  function look() {
    const at = now();
    if (moment && !video.paused) {
      const within = at >= moment.start_ns - 1e6 && at < moment.end_ns;
      if (within) inside = true;
      else if (inside && at >= moment.end_ns) {
        inside = false;
        if (atOut === 'loop') {
          seek(moment.start_ns);
          return;
        }
        if (atOut === 'stop') {
          video.pause();
          // The last frame of the moment, not the one after it.
          video.currentTime = Math.max(moment.start_ns, moment.end_ns - 1e6) / 1e9;
        }
      }
    }
    tell.tick(now());
  }

  function run() {
    cancelAnimationFrame(frame);
    const step = () => {
      look();
      if (!video.paused) frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
  }

  return {
    /** Shows a moment. @param {MomentRef} next @param {boolean} playing @param {string} timecode */
    open(next, playing, timecode) {
      moment = next;
      wantsPlay = playing;
      wanted = next.start_ns;
      inside = false;
      if (asset === next.asset_id && source !== 'none' && video.readyState > 0) {
        seek(next.start_ns);
        if (playing) play();
        return;
      }
      asset = next.asset_id;
      video.poster = still(asset, next.start_ns, STILL_HEIGHT);
      fill(box, placeholder(timecode), video, notice);
      load('media');
    },
    /** Lets go of the media. */
    close() {
      cancelAnimationFrame(frame);
      [moment, asset, source] = [null, '', 'none'];
      video.pause();
      video.removeAttribute('src');
      video.removeAttribute('poster');
      video.load();
    },
    seek,
    toggle,
    now,
    playing: () => !video.paused,
    hasMedia: () => source !== 'none',
    muted: () => video.muted,
    mute: () => (video.muted = !video.muted),
    full: () => void (document.fullscreenElement ? document.exitFullscreen() : box.requestFullscreen?.()),
    /** @param {AtOut} next */
    setAtOut: (next) => (atOut = next),
    atOut: () => atOut,
  };
}
