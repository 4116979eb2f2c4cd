// onnxruntime's own telemetry is on by default: a thread that tries to upload to its vendor, a database in the home
// directory and a log in /tmp. A tier that scores people sends nothing anywhere that it was not told to; who wants it
// sets the variable to 0.
process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
