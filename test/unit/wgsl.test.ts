import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import { tiledAttentionText } from '../../src/kernels/tree-attention-tiled';

const folder = new URL('../../shaders/', import.meta.url);
const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.wgsl'),
);

/**
 * Around two gaps of the parser: it knows no `enable` directive for subgroups, and takes `block`, an attribute of old
 * drafts, for a keyword. The browser's compiler checks both.
 */
const readable = (code: string) => code.replace(/^enable [^;]*;/gm, '').replace(/\bblock\b/g, 'block_');

/** Put together by the host and no WGSL before: the kernels that come of them are checked below. */
const templates = /^\/\/ Part of the tiled attention kernels: (access|steps)/;

const check = (code: string): string[] => {
  const problems: string[] = [];
  const header = /^(?:\/\/[^\n]*\n)+/.exec(code)?.[0] ?? '';
  if (header.replace(/[/\s]/g, '').length < 20) {
    problems.push('opens with no comment that says what it computes');
  }
  if (templates.test(header)) return problems;
  try {
    const { entry, storage } = new WgslReflect(readable(code));
    if (storage.length > 8) problems.push(`binds ${storage.length} storage buffers; WebGPU promises 8`);
    const part = /^\/\/ (Appended to kernels|Part of the tiled)/.test(header); // and has no entry point of its own
    if (entry.compute.length === 0 && !part) problems.push('has no compute entry point');
  } catch (error) {
    problems.push(`does not parse: ${error instanceof Error ? error.message : String(error)}`);
  }
  return problems;
};

describe('shaders', () => {
  it('are there', () => {
    expect(names.length).toBeGreaterThan(0);
  });

  it.each(names)('%s parses and says what it computes', (name) => {
    expect(check(readFileSync(new URL(name, folder), 'utf8'))).toEqual([]);
  });
});

describe('kernels of tiled attention, put together', () => {
  const tile = { rows: 8, columns: 4, deep: 4 };
  it.each(
    (['forward', 'query', 'key'] as const).flatMap((kernel) =>
      [6, 16, 36].map((size) => [kernel, size] as const),
    ),
  )('%s for heads of %i numbers parses', (kernel, size) => {
    const code = tiledAttentionText(kernel, size, tile);
    expect(check(code.replace(/^\/\/ Part of the tiled/, '// Tiled'))).toEqual([]);
  });
});

describe('the check', () => {
  const good =
    '// y = 2 x, one thread per element.\nenable subgroups;\n@compute @workgroup_size(1) fn main() {}';
  it('finds a missing header, a broken shader and a missing entry point', () => {
    expect(check(good)).toEqual([]);
    expect(check(good.replace(/^.*\n/, '')).join()).toMatch(/no comment/);
    expect(check(good.replace('fn main() {}', 'fn main( {')).join()).toMatch(/does not parse/);
    expect(check(good.replace(/@compute.*/, 'fn main() {}')).join()).toMatch(/no compute entry point/);
    const binding = (i: number) => `@group(0) @binding(${i}) var<storage, read> b${i}: array<f32>;\n`;
    const bindings = (n: number) => Array.from({ length: n }, (_, i) => binding(i)).join('');
    expect(check(good.replace('@compute', `${bindings(8)}@compute`))).toEqual([]);
    expect(check(good.replace('@compute', `${bindings(9)}@compute`)).join()).toMatch(
      /binds 9 storage buffers/,
    );
  });
});
