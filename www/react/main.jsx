// The page with the React chat. The chat knows nothing of pagetap; the list beside it knows nothing
// of the chat; the switch between them breaks the wire.

import { createRoot } from 'react-dom/client';
import { startViews } from '../dom/views.js';
import { startLive } from '../live/live.js';
import { Chat } from './chat.jsx';
import './react.css';
import { startWire } from './wire.js';

startViews();
const wire = startWire(document.querySelector('#wire'));
startLive({ doing: wire.doing });
// The tap first: nothing that the chat does may be missed.
await wire.ready;
createRoot(document.querySelector('#chat')).render(<Chat />);
