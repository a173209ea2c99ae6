/* SPDX-License-Identifier: MIT
 *
 * stillwebp.c: WebP by libwebp; of an animation the first frame on its canvas.
 *
 * libwebpdemux's decoder of animations is what Pillow uses for all of them.
 */
#include <webp/decode.h>
#include <webp/demux.h>

#include "common/stills/stilldecoders.h"

static void
read_orientation (const WebPData *file, Still *still)
{
  WebPDemuxer *demuxer = WebPDemux (file);
  WebPChunkIterator chunk;
  if (demuxer && WebPDemuxGetChunk (demuxer, "EXIF", 1, &chunk)) {
    still->orientation = still_exif_orientation (chunk.chunk.bytes, chunk.chunk.size);
    WebPDemuxReleaseChunkIterator (&chunk);
  }
  WebPDemuxDelete (demuxer);
}

gboolean
still_decode_webp (const guint8 *data, gsize size, Still *still, GError **error)
{
  WebPData file = { data, size };
  WebPAnimDecoderOptions options;
  uint8_t *canvas = NULL; /* R, G, B, A; the decoder's */
  int time;
  WebPAnimDecoderOptionsInit (&options);
  options.color_mode = MODE_RGBA;
  WebPAnimDecoder *decoder = WebPAnimDecoderNew (&file, &options);
  gboolean ok = decoder && WebPAnimDecoderGetNext (decoder, &canvas, &time);
  if (ok) {
    WebPAnimInfo info;
    WebPAnimDecoderGetInfo (decoder, &info);
    ok = still_allocate (still, info.canvas_width, info.canvas_height, 8, error);
    for (guint y = 0; ok && y < still->height; y++) {
      const uint8_t *from = canvas + (gsize)y * still->width * 4;
      guint8 *to = still_row (still, y);
      for (guint x = 0; x < still->width; x++, from += 4, to += 3) {
        to[0] = from[0];
        to[1] = from[1];
        to[2] = from[2];
      }
    }
  } else
    still_set_error (error, "WebP", "damaged, cut short, or too large for this machine's memory");
  WebPAnimDecoderDelete (decoder);
  if (ok)
    read_orientation (&file, still);
  return ok;
}
