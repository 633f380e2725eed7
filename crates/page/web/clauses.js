// Plans as data: reading, describing and changing clauses. Pure: every change gives a new plan.

/** @type {GroupName[]} */
export const GROUPS = ['all', 'any', 'none'];
/** Types that are known from the start, with their names. @type {[string, string][]} */
export const TYPES = [
  ['CHARACTER_SEARCH', 'Character'],
  ['SCENE_SEARCH', 'Scene'],
  ['OBJECT_SEARCH', 'Object'],
  ['DIALOGUE_SEARCH', 'Dialogue'],
  ['SHOT', 'Shot'],
];
/** How many neighbours "more like this" asks for. */
const LIKE_COUNT = 24;

/**
 * A type as people say it: `character`, `scene`, `shot`; a type of one's own in lower case.
 * @param {string | undefined} type
 */
export const typeName = (type) => (type ?? '').replace(/_SEARCH$/, '').replaceAll('_', ' ').toLowerCase();

/** Which colour a type has: a name of the style sheet. @param {string | undefined} type */
export function typeTone(type) {
  const name = typeName(type);
  if (['character', 'scene', 'object', 'dialogue', 'shot'].includes(name)) return name;
  if (name === '') return 'plain';
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 997;
  return ['other-a', 'other-b', 'other-c'][hash % 3] ?? 'plain';
}

/**
 * A clause in words: what it asks of the type, and what else it says.
 * @param {Clause} clause
 */
export function describe(clause) {
  const extras = [];
  let verb = '';
  let says = 'anything';
  if (clause.label !== undefined) [verb, says] = ['is', clause.label];
  else if (clause.phrase !== undefined) [verb, says] = ['says', `“${clause.phrase}”`];
  else if (clause.text !== undefined) [verb, says] = ['has', clause.text];
  else if (clause.vector) [verb, says] = ['looks like', describeVector(clause.vector)];
  if (clause.prefix) extras.push('…');
  if (clause.operator === 'or') extras.push('any word');
  if (clause.slop) extras.push(`slop ${clause.slop}`);
  if (clause.fuzziness) extras.push(clause.fuzziness === 'auto' ? 'typos' : `typos ${clause.fuzziness}`);
  if (clause.min_confidence) extras.push(`≥ ${Math.round(clause.min_confidence * 100)} %`);
  if (clause.vector?.exact) extras.push('exact');
  if (clause.vector?.min_similarity !== undefined) extras.push(`cosine ≥ ${clause.vector.min_similarity}`);
  if (clause.vector?.max_distance !== undefined) extras.push(`distance ≤ ${clause.vector.max_distance}`);
  if (clause.weight !== undefined && clause.weight !== 1) extras.push(`× ${clause.weight}`);
  if (clause.model) extras.push(clause.model);
  return { type: typeName(clause.type) || 'any type', verb, says, extras };
}

/** @param {Vector} vector */
function describeVector(vector) {
  if (vector.text !== undefined) return vector.text;
  if (vector.like) return vector.like.annotation_id ? 'an annotation' : `a moment of ${vector.like.asset_id}`;
  return vector.image !== undefined ? 'a picture' : `a vector of ${vector.values?.length ?? 0} numbers`;
}

/** A clause in one line. @param {Clause} clause */
export function sentence(clause) {
  const { type, verb, says, extras } = describe(clause);
  return [type, verb, says, extras.length > 0 ? `(${extras.join(', ')})` : ''].filter(Boolean).join(' ');
}

/**
 * All clauses, with where they stand; step 0 is the plan itself, step 1 the first of `then`.
 * @param {Plan} plan
 * @returns {Place[]}
 */
export function placesOf(plan) {
  const steps = [plan, ...(plan.then ?? [])];
  return steps.flatMap((part, step) =>
    GROUPS.flatMap((group) =>
      (part[group] ?? []).map((clause, index) => ({
        pointer: `${step === 0 ? '' : `/then/${step - 1}`}/${group}/${index}`,
        group,
        step,
        index,
        clause,
      })),
    ),
  );
}

/** Is there something to look for? @param {Plan} plan */
export const asksSomething = (plan) => (plan.all ?? []).length + (plan.any ?? []).length > 0;

/** Is there a clause that searches vectors? @param {Plan} plan */
export const hasVector = (plan) => placesOf(plan).some(({ clause }) => clause.vector);

/** @template T @param {T} value @returns {T} */
const copy = (value) => structuredClone(value);

/** The step that a place stands in. @param {Plan} plan @param {number} step @returns {Step} */
function stepOf(plan, step) {
  if (step === 0) return plan;
  plan.then ??= [];
  while (plan.then.length < step) plan.then.push({});
  return /** @type {Step} */ (plan.then[step - 1]);
}

/** Leaves out groups and steps without clauses. @param {Plan} plan @returns {Plan} */
function tidy(plan) {
  for (const part of [plan, ...(plan.then ?? [])]) {
    for (const group of GROUPS) if ((part[group] ?? []).length === 0) delete part[group];
  }
  const then = (plan.then ?? []).filter((s) => s.all || s.any);
  if (then.length > 0) plan.then = then;
  else delete plan.then;
  return plan;
}

/** @param {Plan} plan @param {Place} place @returns {Plan} */
export function without(plan, place) {
  const next = copy(plan);
  stepOf(next, place.step)[place.group]?.splice(place.index, 1);
  return tidy(next);
}

/** @param {Plan} plan @param {GroupName} group @param {Clause} clause @param {number} [step] @returns {Plan} */
export function withClause(plan, group, clause, step = 0) {
  const next = copy(plan);
  const part = stepOf(next, step);
  part[group] = [...(part[group] ?? []), clause];
  return tidy(next);
}

/**
 * The plan with another clause in a place, in the same group or another.
 * @param {Plan} plan @param {Place} place @param {Clause} clause @param {GroupName} [group] @returns {Plan}
 */
export function replaced(plan, place, clause, group = place.group) {
  if (group !== place.group) return withClause(without(plan, place), group, clause, place.step);
  const next = copy(plan);
  const list = stepOf(next, place.step)[group];
  if (list) list[place.index] = clause;
  return next;
}

/** @param {Plan} plan @param {(clause: Clause) => void} change */
function each(plan, change) {
  const next = copy(plan);
  for (const { clause } of placesOf(next)) change(clause);
  return next;
}

/**
 * The plan with something set in every vector clause; undefined takes it away.
 * @param {Plan} plan @param {Partial<Vector>} set
 */
export const withVectors = (plan, set) =>
  each(plan, (clause) => {
    if (clause.vector) clause.vector = stripVector({ ...clause.vector, ...set });
  });

/** @param {Vector} vector @returns {Vector} */
function stripVector(vector) {
  const out = { ...vector };
  if (out.text !== undefined || out.like !== undefined || out.image !== undefined) delete out.vectors;
  if (out.exact === false || out.exact === undefined) delete out.exact;
  if (out.metric === undefined) delete out.metric;
  return out;
}

/** A clause as a person would write it: without what resolution filled in. @param {Clause} clause @returns {Clause} */
export function unresolved(clause) {
  const out = copy(clause);
  delete out.labels;
  delete out.words;
  if (out.vector) out.vector = stripVector(out.vector);
  return out;
}

/**
 * A resolved plan as a person would write it: it is resolved again when it is sent, and short in an address.
 * @param {Plan} plan
 * @returns {Plan}
 */
export function written(plan) {
  const next = each(plan, (clause) => {
    const plain = unresolved(clause);
    for (const key of Object.keys(clause)) delete clause[key];
    Object.assign(clause, plain);
  });
  if (next.mode === 'intersection') delete next.mode;
  if (next.fusion === 'weighted') delete next.fusion;
  delete next.limit;
  delete next.cursor;
  return tidy(next);
}

/** The plan of "more like this". @param {MomentRef} moment @returns {Plan} */
export function likeThis({ asset_id, start_ns, end_ns }) {
  return { all: [{ vector: { like: { asset_id, start_ns, end_ns }, k: LIKE_COUNT, exact: true } }] };
}

/** What scope lists are called, one of each. @type {[key: string, one: string][]} */
const SCOPES = [
  ['movies', 'title'],
  ['collections', 'collection'],
  ['assets', 'asset'],
  ['series', 'series'],
  ['seasons', 'season'],
  ['episodes', 'episode'],
  ['languages', 'language'],
];
/** What else of a plan is shown as a chip, because no option below it says it. @type {[key: string, says: string][]} */
const OTHERS = [
  ['require_analysed', 'analysed by'],
  ['where', 'where'],
  ['merge_gap', 'gaps up to'],
  ['max_span', 'at most'],
  ['snap', 'snapped to'],
  ['fold', 'folded'],
  ['pad', 'padded by'],
  ['runs', 'runs'],
  ['weights', 'weights'],
];

/** A value in a few words. @param {unknown} value @returns {string} */
const brief = (value) => {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value).replaceAll('"', '');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
};

/**
 * Where and how is looked, apart from clauses and options: each as words and as the plan without it.
 * @param {Plan} plan
 * @returns {{says: string, without: (plan: Plan) => Plan}[]}
 */
export function limitsOf(plan) {
  const scope = /** @type {{[key: string]: unknown}} */ (plan.scope ?? {});
  const exclude = /** @type {{[key: string]: unknown}} */ (scope['exclude'] ?? {});
  const others = OTHERS.filter(([key]) => plan[key] !== undefined).map(([key, says]) => ({
    says: `${says} ${brief(plan[key])}${key === 'merge_gap' || key === 'max_span' ? ' s' : ''}`,
    without: (/** @type {Plan} */ from) => {
      const next = copy(from);
      delete next[key];
      return next;
    },
  }));
  return [...scoped(scope, [], ''), ...scoped(exclude, ['exclude'], 'not '), ...others];
}

/** @param {{[key: string]: unknown}} part @param {string[]} path @param {string} before */
function scoped(part, path, before) {
  const out = [];
  for (const [key, value] of Object.entries(part)) {
    if (key === 'exclude') continue;
    const one = SCOPES.find(([name]) => name === key)?.[1] ?? key;
    const items = Array.isArray(value) ? value : [value];
    for (const [index, item] of items.entries()) {
      const says = key === 'time' ? `from ${item?.from ?? 'the start'} to ${item?.to ?? 'the end'}` : `${one} ${brief(item)}`;
      out.push({ says: before + says, without: (/** @type {Plan} */ plan) => unscoped(plan, [...path, key], Array.isArray(value) ? index : -1) });
    }
  }
  return out;
}

/** The plan with one thing of its scope gone; what is empty then goes, too. @param {Plan} plan @param {string[]} path @param {number} index */
function unscoped(plan, path, index) {
  const next = copy(plan);
  /** @type {any[]} */
  const parts = [next, next.scope];
  for (const key of path.slice(0, -1)) parts.push(parts.at(-1)?.[key]);
  const names = ['scope', ...path];
  const key = names.at(-1) ?? '';
  const list = parts.at(-1)?.[key];
  if (index >= 0 && Array.isArray(list)) list.splice(index, 1);
  else if (parts.at(-1)) delete parts.at(-1)[key];
  for (let depth = names.length - 1; depth >= 0; depth -= 1) {
    const [holder, name] = [parts[depth], names[depth] ?? ''];
    const value = holder?.[name];
    if (value && Object.keys(value).length === 0) delete holder[name];
  }
  return next;
}
