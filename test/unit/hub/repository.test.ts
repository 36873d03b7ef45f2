import { describe, expect, it } from 'vitest';
import { checkRepository, checkToken, fileUrl, isPlainPath, listUrl } from '../../../src/hub/repository';

const check = (repo: string, revision?: string, hub?: string) =>
  checkRepository({ kind: 'model', repo, revision, hub });

describe('what a person types', () => {
  it.each(['HuggingFaceTB/SmolLM2-135M-Instruct', 'a/b', ' a_b/c.d-e '])('takes %s', (repo) => {
    expect(check(repo).repo).toBe(repo.trim());
  });
  it.each([
    '',
    'gpt2',
    'a/b/c',
    'a/',
    '/b',
    '../b',
    'a/..',
    'a/.b',
    'a/b-',
    'a/b--c',
    'a b/c',
    'a/b?x',
    'a/b#x',
    'a/b%2f',
    'https://huggingface.co/a/b',
    'a/b.git',
    'a/é',
    `a/${'b'.repeat(97)}`,
    '<b>/x',
  ])('refuses the id "%s"', (repo) => {
    expect(() => check(repo)).toThrow(/is not a repository id; write it as "org\/name"/);
  });
  it.each(['main', 'v1.0', 'refs/pr/3', 'c0ffee'])('takes the revision %s', (revision) => {
    expect(check('a/b', revision).revision).toBe(revision);
  });
  it.each(['', '..', 'a/../b', '/a', 'a/', 'a//b', 'a b', 'a?b', '-x'])(
    'refuses the revision "%s"',
    (revision) => {
      expect(() => check('a/b', revision)).toThrow(/is not a revision/);
    },
  );
  it('takes other hubs, in one spelling', () => {
    expect(check('a/b').hub).toBe('https://huggingface.co');
    expect(check('a/b', 'main', 'http://localhost:8080/').hub).toBe('http://localhost:8080');
    expect(check('a/b', 'main', ' https://Mirror.example/hf// ').hub).toBe('https://mirror.example/hf');
  });
  it.each([
    ['huggingface.co', /is not an address/],
    ['file:///etc', /must begin with https/],
    ['javascript:alert(1)', /must begin with https/],
    ['https://me:secret@hub.example', /must not hold a name or password/],
    ['https://hub.example/?a=1', /must not have/],
  ])('refuses the hub %s', (hub, why) => {
    expect(() => check('a/b', 'main', hub)).toThrow(why);
  });
});

describe('tokens', () => {
  it('go over an encrypted connection or stay on this machine', () => {
    expect(checkToken(' hf_abc ', 'https://hub.example')).toBe('hf_abc');
    expect(checkToken('hf_abc', 'http://localhost:1')).toBe('hf_abc');
    expect(checkToken('hf_abc', 'http://127.0.0.1:1')).toBe('hf_abc');
    expect(checkToken('  ', 'http://hub.example')).toBeUndefined();
    expect(() => checkToken('hf_abc', 'http://hub.example')).toThrow(
      /^A token is not sent to http:\/\/hub.example/,
    );
  });
  it('are never repeated in a message', () => {
    for (const token of ['hf_sécret', 'hf_secret\nx: y']) {
      try {
        checkToken(token, 'https://hub.example');
        expect.unreachable();
      } catch (error) {
        expect(String(error)).toMatch(/characters that no token has/);
        expect(String(error)).not.toMatch(/hf_/);
      }
    }
  });
});

describe('addresses', () => {
  it('are those of a hub, encoded', () => {
    const model = check('a/b', 'refs/pr/1', 'http://h/x');
    expect(listUrl(model, model.revision)).toBe(
      'http://h/x/api/models/a/b/revision/refs%2Fpr%2F1?blobs=true',
    );
    expect(fileUrl(model, 'abc', 'sub dir/a#b?.json')).toBe(
      'http://h/x/a/b/resolve/abc/sub%20dir/a%23b%3F.json',
    );
    const data = { ...model, kind: 'dataset' as const };
    expect(listUrl(data)).toBe('http://h/x/api/datasets/a/b');
    expect(fileUrl(data, 'abc', 'x')).toBe('http://h/x/datasets/a/b/resolve/abc/x');
  });
  it('never lead out of the repository', () => {
    for (const name of ['../x', 'a/../x', '/x', 'a//b', './x', 'a\\b', '', 'a\nb'])
      expect(isPlainPath(name)).toBe(false);
    for (const name of ['x', 'a/b.json', '..a', 'a..b']) expect(isPlainPath(name)).toBe(true);
  });
});
