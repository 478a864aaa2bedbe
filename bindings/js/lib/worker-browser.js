// A browser's worker: requests that wait, which only workers may make.
import { runJob } from './xhr.js';

self.onmessage = (event) => runJob(event.data);
