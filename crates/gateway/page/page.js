// What the landing page can do beyond being read.

import { byId } from './dom.js';
import { offerFinding } from './finding.js';
import { offerSending } from './sending.js';
import { keepCurrent } from './state.js';

keepCurrent();
offerSending();
offerFinding();
byId('trial').hidden = false;
