"""One reader per dump format: each turns a stream of bytes into records and rejections, in order and in bounded memory."""
