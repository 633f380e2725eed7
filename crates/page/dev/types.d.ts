// What the server sends and takes, as far as the page looks at it. Ambient: the modules need no imports for types.

interface Vector {
  text?: string;
  values?: number[];
  image?: string;
  like?: { asset_id: string; annotation_id?: string; start_ns?: number; end_ns?: number };
  space?: string;
  metric?: string;
  exact?: boolean;
  k?: number;
  min_similarity?: number;
  max_distance?: number;
  vectors?: unknown[];
}

interface Clause {
  type?: string;
  model?: string;
  label?: string;
  text?: string;
  phrase?: string;
  vector?: Vector;
  prefix?: boolean;
  fuzziness?: number | string;
  slop?: number;
  analysed?: boolean;
  operator?: string;
  min_confidence?: number;
  weight?: number;
  labels?: string[];
  words?: unknown[];
  [other: string]: unknown;
}

interface Step {
  all?: Clause[];
  any?: Clause[];
  none?: Clause[];
  within?: number;
}

interface Plan extends Step {
  then?: Step[];
  scope?: { [name: string]: unknown };
  mode?: string;
  fusion?: string;
  min_confidence?: number;
  group_by?: string[];
  top?: number | (number | null)[];
  rank_by?: string | { attribute: string; order: string };
  limit?: number;
  cursor?: string;
  [other: string]: unknown;
}

type GroupName = 'all' | 'any' | 'none';

interface Place {
  pointer: string;
  group: GroupName;
  step: number;
  index: number;
  clause: Clause;
}

interface Evidence {
  clause: string;
  annotation_id: string;
  model: string;
  type: string;
  label?: string;
  text?: string;
  marks?: [number, number][];
  language?: string;
  start_ns: number;
  end_ns: number;
  confidence: number;
  score: number;
  similarity?: number;
}

interface Moment {
  asset_id: string;
  movie_id: string;
  title?: string;
  series?: string;
  season?: number;
  episode?: number;
  start_ns: number;
  end_ns: number;
  timecode_in: string | null;
  timecode_out: string | null;
  score: number;
  ranking?: { shift: number; features?: { [name: string]: number }; by_coin?: boolean; side?: string; propensity?: number };
  best?: { start_ns: number; end_ns: number };
  steps?: { start_ns: number; end_ns: number }[];
  count?: number;
  evidence: Evidence[];
}

interface Group {
  by: string;
  key: unknown;
  within?: { [name: string]: unknown };
  total: number;
  groups?: Group[];
  moments?: number[];
}

interface Warning {
  code: string;
  pointer?: string;
  message: string;
}

/** How a question in words was read. */
interface Reading {
  language: string;
  alternative?: { meaning: string; plan: Plan };
  preparation: {
    route: { pointer: string; path: string; why: string }[];
    filters: { pointer: string; text: string; meaning: string }[];
    vectors: { pointer: string; text: string; space: string; encoder?: string }[];
  };
}

/** What would find something where a question found nothing. */
interface Remedy {
  kind: string;
  pointer?: string;
  message: string;
  total: number;
  plan: Plan;
}

interface Answer {
  moments: Moment[];
  groups?: Group[];
  total: number;
  plan: Plan;
  warnings: Warning[];
  clauses: { clause: string; hits: number; approximate?: boolean }[];
  understood?: Reading;
  remedies?: Remedy[];
  took_ms: number;
  read_point: string;
  next_cursor: string | null;
}

interface Asset {
  asset_id: string;
  movie_id: string;
  title?: string;
  series?: string;
  season?: number;
  episode?: number;
  duration_ns?: number;
  frame_rate?: string;
  start_timecode?: string;
  drop_frame?: boolean;
  path?: string;
}

interface Rate {
  num: number;
  den: number;
}

interface BucketAnnotation {
  annotation_id: string;
  annotation_type: string;
  label?: string;
  text?: string;
  model: string;
  time_range: { start_time_ns: number; end_time_ns: number };
  confidence_score?: number;
  language?: string;
  attributes?: { [name: string]: unknown };
}

interface BucketDocument {
  time_bucket_start_ns: number;
  source_annotations: BucketAnnotation[];
}

interface Bar {
  id: string;
  start_ns: number;
  end_ns: number;
  says: string;
  model: string;
  confidence: number;
  row: number;
}

interface Lane {
  type: string;
  /** Rows that are drawn. */
  rows: number;
  bars: Bar[];
  /** Bars there are; some may be left out. */
  total: number;
  /** Bars on rows that are not drawn. */
  hidden: number;
}

/** A line of dialogue. */
interface Line {
  id: string;
  text: string;
  speaker: string;
  language: string | undefined;
  start_ns: number;
  end_ns: number;
}

interface BinHead {
  bin: string;
  version: number;
  name: string;
  owner: string;
  moments: number;
  duration_ns: number;
}

interface Addition extends MomentRef {
  note?: string;
  rating?: number | null;
  colour?: string | null;
  circled?: boolean;
  question?: string | null;
}

interface BinItem extends MomentRef {
  item: number;
  note: string;
  colour?: string | null;
  rating?: number | null;
  circled: boolean;
  question?: string | null;
  by: string;
}

interface BinDocument {
  bin: string;
  version: number;
  name: string;
  items: BinItem[];
  next_item: number;
  overview: { duration_ns: number; overlaps?: unknown[] };
}

/** How a short message is shown: as a failure, for longer, with something to press. */
interface NoteHow {
  bad?: boolean;
  long?: boolean;
  act?: { says: string; does: () => void };
}

interface Suggestion {
  text: string;
  type: string;
  count: number;
}

interface Offer extends Suggestion {
  /** What of the typed text it stands in for. */
  tail: string;
}

interface Status {
  version: string;
  last_commit: number;
  read_point: number;
  catching_up: boolean;
  lag: { consumer: string; behind: number }[];
  store: { assets: number; annotations: number };
  workers: { stage: string; running: boolean; error: string | null }[];
}

interface MomentRef {
  asset_id: string;
  start_ns: number;
  end_ns: number;
}

/** What the page shows: all of it stands in the address. */
interface State {
  q: string;
  plan: Plan;
  at: MomentRef | null;
  /** A bin in place of moments. */
  bin?: string;
}

interface ProblemDocument {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  mend?: string;
  pointer?: string;
  instance?: string;
}

/** Tells the server what is done with moments. */
interface Told {
  isOn(): boolean;
  turn(on: boolean): void;
  shown(answer: Answer, moments: Moment[], from: number): void;
  watch(element: Element, moment: Moment): void;
  plays(moment: MomentRef): void;
  stopped(): void;
  tell(action: string, moment: MomentRef, more?: object): void;
}

/** What the parts of the page may ask of the whole. */
interface App {
  /** Tells the server what is done with moments. */
  readonly told: Told;
  /** What is shown. */
  readonly state: State;
  /** The answer to it; null while there is none. */
  readonly answer: Answer | null;
  /** Shows something else: `push` makes a step for the back button, `replace` does not. `typing`: the last word goes on. */
  go(next: State, how: 'push' | 'replace', typing?: boolean): void;
  /** Changes the plan by hand: words become clauses first. */
  edit(change: (plan: Plan) => Plan): void;
  /** Asks again. */
  refresh(): void;
  /** Asks for the next page. */
  more(): void;
  /** Shows a moment in the player. */
  open(moment: Moment | MomentRef, play: boolean): void;
  /** Closes the player. */
  close(): void;
  /** More like this. */
  like(moment: MomentRef): void;
  /** Keeps a moment in the bin. */
  keep(moment: MomentRef): void;
  /** Shows a short message. */
  note(text: string, how?: NoteHow): void;
  /** Copies text, and says so. */
  copy(text: string, what: string): void;
  /** What is known of an asset; null where it is not there. */
  asset(id: string): Promise<Asset | null>;
  /** Says something to those who cannot see it happen. */
  say(text: string): void;
}
