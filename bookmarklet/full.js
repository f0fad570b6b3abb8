// The bookmarklet for browsers that keep long addresses (Chromium: two million
// characters): everything the classic script has.

import { load, loadExporter } from '../src/web/embedded.js';
import everything from '../src/web/everything.js';
import { exporting } from '../src/web/export.js';
import { click } from './click.js';

click(load, { ...everything, exporting: exporting(loadExporter) }, { dom: true });
