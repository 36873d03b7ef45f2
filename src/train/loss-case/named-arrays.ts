import { LossCaseError } from './case';

/** Numbers, one or several levels deep. */
export type Nested = number | Nested[];

/** Reads arrays of given depth out of the input, and notes what is wrong with them. */
export class NamedArrays {
  readonly problems: string[] = [];
  private readonly read = new Set<string>();

  constructor(private readonly input: Readonly<Record<string, unknown>>) {}

  private note(name: string, problem: string) {
    this.problems.push(`input.${name}: ${problem}`);
  }

  private numbers(value: unknown, depth: number, name: string, place: string): Nested {
    if (depth === 0) {
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      this.note(name, `${place || 'its value'} is ${JSON.stringify(value)}; it has to be a finite number`);
      return 0;
    }
    if (!Array.isArray(value)) {
      this.note(name, `${place || 'it'} has to be a list`);
      return [];
    }
    return value.map((each, i) => this.numbers(each, depth - 1, name, `${place}[${i}]`));
  }

  private of(name: string, depth: number): Nested {
    this.read.add(name);
    if (this.input[name] === undefined) {
      this.note(name, 'is missing');
      return [];
    }
    return this.numbers(this.input[name], depth, name, '');
  }

  one(name: string): number[] {
    return this.of(name, 1) as number[];
  }

  two(name: string): number[][] {
    return this.of(name, 2) as number[][];
  }

  three(name: string): number[][][] {
    return this.of(name, 3) as number[][][];
  }

  /** Notes a length that is not what it has to be. */
  length(name: string, values: readonly unknown[], wanted: number, as: string) {
    if (values.length !== wanted)
      this.note(name, `has ${values.length} of ${wanted}; it has to be as long as ${as}`);
  }

  fail(name: string, problem: string) {
    this.note(name, problem);
  }

  /** @throws LossCaseError naming every array and what is wrong with it */
  check() {
    for (const name of Object.keys(this.input)) {
      if (!this.read.has(name)) this.note(name, 'is read by nothing; remove it or check the spelling');
    }
    if (this.problems.length > 0) throw new LossCaseError(this.problems);
  }
}
