/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerworker.h: the thread that does what takes long in cliptagger, and the waits for it.
 */
#ifndef __GST_CLIP_TAGGER_WORKER_H__
#define __GST_CLIP_TAGGER_WORKER_H__

#include "tagger/gstcliptaggerstate.h"

G_BEGIN_DECLS

/* Loads the model and encodes the prompts in a thread of its own, which posts the error if it fails. */
gboolean gst_clip_tagger_start_worker (GstClipTagger *self, GError **error);

/* Waits a moment. TRUE: opening has failed by then, and the error is posted. */
gboolean gst_clip_tagger_await_refusal (GstClipTagger *self);

/* From here on nobody waits for it; then nothing comes of it any more. Neither waits for what it is busy with. */
void gst_clip_tagger_let_go (GstClipTagger *self);
void gst_clip_tagger_stop_worker (GstClipTagger *self);

/* Streaming thread. Waits for the model, but not in live streams that go on without it; in sync mode also for prompts
 * and settings that were changed before. GST_FLOW_OK: ret_open tells whether there is a model. */
GstFlowReturn gst_clip_tagger_await_worker (GstClipTagger *self, gboolean *ret_open);
void gst_clip_tagger_set_flushing (GstClipTagger *self, gboolean flushing);

/* Has the worker write the baselines now. */
void gst_clip_tagger_save_soon (GstClipTagger *self);

/* Whoever waits has to check again: the mode has changed, upstream is live, or the prompts' file is to be watched. */
void gst_clip_tagger_wake (GstClipTagger *self);

G_END_DECLS

#endif /* __GST_CLIP_TAGGER_WORKER_H__ */
