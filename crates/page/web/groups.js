// Groups of moments over several pages. Pure.

/** Groups whose moments stand further back by so many. @param {Group[] | undefined} groups @param {number} by @returns {Group[]} */
export const shifted = (groups, by) =>
  (groups ?? []).map((g) => ({ ...g, groups: shifted(g.groups, by), moments: (g.moments ?? []).map((i) => i + by) }));

/** What names a group: the same on every page. @param {Group} group */
export const keyOf = (group) => JSON.stringify([group.by, group.key, group.within]);

/** What people call a group. @param {Group} group */
export function titleOf({ by, key }) {
  const says = key === null || key === undefined ? 'unknown' : String(key);
  if (['movie', 'series', 'asset', 'collection'].includes(by)) return says;
  const name = by.replace(/^attribute:/, '');
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} ${says}`;
}
