// The picture: plays an asset from an in-point, stops or loops at the out-point, falls back to a proxy, and where
// there is no media at all keeps the playhead so that the lanes still work.

import { ask, media, still, Problem } from './api.js';
import { placeholder } from './card.js';
import { fill, h } from './dom.js';

/** A frame's start in seconds is rounded down by players now and then: a little after it is inside it. */
const INSIDE_S = 0.001;
const STILL_HEIGHT = 540;

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

  async function fallBack() {
    if (source === 'none') return;
    if (source === 'media') {
      load('proxy');
      return;
    }
    const failed = asset;
    source = 'none';
    virtual = wanted;
    video.removeAttribute('src');
    video.hidden = true;
    let why = 'This video cannot be played here.';
    try {
      await ask(media(failed), { method: 'HEAD' });
      why = 'This browser cannot play the video, and there is no proxy of it.';
    } catch (error) {
      if (error instanceof Problem && error.status === 404) why = 'No media of this asset is served here. The lanes below still work.';
    }
    if (asset !== failed) return;
    fill(notice, why);
    notice.hidden = false;
    tell.changed();
    tell.tick(now());
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
