// `npm run test:lessons`: every lesson driven to its end in the page as `npm test` does it, but with its runs whole. Takes about nine
// minutes on two cores; `npm run test:lessons -- -g which-beta` drives one.
import { spawn } from 'node:child_process';
import { projectRoot } from './build.mjs';

const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';

const child = spawn(npx, ['playwright', 'test', '--project=e2e', 'lessons.spec', ...process.argv.slice(2)], {
  cwd: projectRoot,
  stdio: 'inherit',
  env: { ...process.env, MARGINALIA_LESSONS: 'whole' },
});
child.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
