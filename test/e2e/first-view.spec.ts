import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { openPage } from './marginalia-page';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('what the page loads before it asks for its engine has at most 260 kB in gzip', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(decodeURIComponent(new URL(request.url()).pathname.slice(1))));
  await openPage(page);
  const engine = asked.findIndex((path) => /\/train\.worker-[^/]*\.js$/.test(path));
  const before = asked.slice(0, engine);
  expect(before).toContain('dist/index.html');
  expect(before.some((path) => path.endsWith('.js'))).toBe(true);
  const bytes = before.map((path) => gzipSync(readFileSync(root + path)).length);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(260_000);
});
