# SPDX-License-Identifier: MIT
"""Captions in varied wording, composed anew at every training step.

An attribute has adjectives ("blurred"), things the picture comes with ("a loss
of focus"), clauses ("the lens is out of focus") or, for patterns, names ("colour
bars"). TEST_FRAMES and TEST_NOUNS never occur in training (wordings not
trained, key words known); TEST_WORDS are key words that training never uses.
"""

NOUNS = ('picture image photo photograph frame shot view video scene camera|picture camera|image video|frame still '
         'snapshot clip footage recording feed stream video|feed photo|frame pic video|image camera|view '
         'surveillance|image display screen').replace('|', '\0').split()
NOUNS = [n.replace('\0', ' ') for n in NOUNS]
TEST_NOUNS = ['webcam picture', 'camera shot', 'video still', 'security footage', 'captured image']

PREFIX = ['', '', '', '', '', '', 'this is ', 'here is ', 'it shows ', 'we see ', 'there is ', 'showing ', 'just ',
          'it is ', 'looks like ', 'probably ', 'i see ']
DEGREES = ['', '', '', '', '', 'very ', 'too ', 'quite ', 'slightly ', 'badly ', 'strongly ', 'rather ', 'really ',
           'somewhat ', 'extremely ', 'far too ', 'heavily ', 'a bit ', 'completely ', 'much too ']
# {a}: adjective with its article, {j}: adjective, {n}: noun, {d}: degree
ADJ_FRAMES = ['{aj} {n}', '{aj} {n}', '{aj} {n}', '{aj} {n}', '{j} {n}', '{j}', 'the {n} is {j}', 'the {n} is {j}', 'the {n} looks {j}',
              'this {n} is {j}', 'the {n} seems {j}', 'the {n} has become {j}', 'everything is {j}', '{n}: {j}', 'the {n} is {j} now',
              'the whole {n} is {j}', 'a {n} that is {j}', 'a {n} which looks {j}', 'the camera is {j}', 'it looks {j}',
              'a {n} gone {j}', 'all is {j}', 'the {n} came out {j}', 'someone took {aj} {n}', 'an example of {aj} {n}']
TEST_ADJ_FRAMES = ['the {n} we got is {j}', '{aj} {n} from the door', 'why is the {n} so {j}', 'the {n} turned out {j} again',
                   'i think the {n} appears {j}', 'my {n} is {j}', 'warning: {j} {n}']
WITH_FRAMES = ['a {n} with {w}', 'a {n} with {w}', 'a {n} with {w}', 'the {n} has {w}', 'the {n} shows {w}', '{w}', '{w}', '{w} in the {n}',
               '{w} on the {n}', 'there is {w} in the {n}', 'a {n} showing {w}', 'the {n} suffers from {w}', '{w} over the {n}',
               'a {n} spoilt by {w}', 'you can see {w}', 'a case of {w}']
TEST_WITH_FRAMES = ['my {n} is full of {w}', 'we have {w} in this {n}', 'i notice {w} here', 'a {n} ruined by {w}',
                    'look at {w} on my {n}']
NAME_FRAMES = ['{w}', '{w}', '{w}', 'a {n} of {w}', 'a {n} of {w}', 'the {n} shows {w}', 'a {n} showing {w}', 'the {n} is {w}', '{w} on the {n}',
               '{w} fill the {n}', 'nothing but {w}', 'only {w}', 'a {n} with {w}', '{w} and nothing else', 'a test {n} of {w}',
               '{w} everywhere', 'a {n} full of {w}']
TEST_NAME_FRAMES = ['all i get is {w}', 'my {n} displays {w}', 'the monitor shows {w}', 'an example {n} containing {w}']
END = ['', '', '', '', '', '', '', '', ' .', '.', ' now', ' here', ' again', '!']


def split(s):
    return [w.strip() for w in s.split(',') if w.strip()]


# attribute: (adjectives, with-phrases, clauses, names)
WORDS = {
    'clear': (split('clear, normal, good, sharp, fine, crisp, clean, perfect, proper, flawless, undisturbed, faultless, in order, ok, okay, '
                    'ordinary, regular, good quality, high quality, well exposed, in focus, natural, correct, usual, unspoilt, clearly visible, '
                    'without faults, without any problem, free of faults, as it should be, healthy, intact, all right, normal and clear, '
                    'clear and sharp, nice and clear, good and clear'),
              split('no faults, good quality, nothing wrong, no problem, a clear view, a normal view, a normal clear view, sharp details, natural colours, '
                    'normal colours, good exposure, good light, correct exposure, no defects, no errors, no issues, nothing unusual'),
              split('everything is fine, nothing is wrong, everything works, the camera works well, all is well, the view is clear, the lens is clean, '
                    'everything can be seen clearly, the camera works normally, there is nothing wrong with the picture, no fault to see'), []),
    'blurred': (split('blurred, blurry, out of focus, unfocused, unsharp, not sharp, fuzzy, soft, defocused, smeared, not in focus, smudged, '
                      'unclear and soft, badly focused, without sharpness, motion blurred, gaussian blurred, poorly focused'),
                split('blur, no focus, motion blur, soft edges, wrong focus, a blur, bad focus, no sharpness, missing sharpness, blurry edges, lost detail, '
                      'focus problems, poor focus, a lack of sharpness, a loss of focus, fuzzy outlines'),
                split('the lens is out of focus, the camera lost focus, the focus is wrong, details are lost in blur, the camera is not focused, '
                      'autofocus failed, nothing is sharp, the edges are soft, everything is a blur'), []),
    'dark': (split('dark, underexposed, too dark, dim, gloomy, under-exposed, darkened, poorly lit, badly lit, unlit, nearly black, almost black, '
                   'shadowy, not bright enough, short of light, dim and dark, murky'),
             split('too little light, low light, not enough light, underexposure, low brightness, darkness, hardly any light, poor lighting, bad lighting, '
                   'weak light, deep shadows, a lack of light, insufficient light, little brightness'),
             split('the light is off, it is too dark to see, the lights are out, the exposure is too low, there is not enough light, it got dark, '
                   'hardly anything can be seen in the dark, the brightness is too low, the lamp is off'), []),
    'overexposed': (split('overexposed, too bright, over-exposed, washed out by light, burnt out, blown out, glaring, too light, dazzling, bleached, '
                          'burned out, over exposed, excessively bright, blindingly bright, bright, overlit, over bright'),
                    split('too much light, overexposure, blown highlights, glare, burnt highlights, high brightness, excessive brightness, clipped highlights, '
                          'blown out highlights, excess light, strong glare, saturated whites'),
                    split('the exposure is too high, the highlights are blown out, the sun dazzles the camera, there is too much light, the bright parts are burnt out, '
                          'the brightness is too high, the light is too strong'), []),
    'low contrast': (split('low contrast, flat, faded, dull, washed-out, pale, low-contrast, hazy, foggy, milky, misty, lacking contrast, veiled, of low contrast, '
                           'flat and grey, weak in contrast, short of contrast, poor in contrast'),
                     split('low contrast, little contrast, weak contrast, no contrast, poor contrast, haze, reduced contrast, fog, hardly any contrast, a veil, '
                           'missing contrast, faded tones, bad contrast, a lack of contrast, insufficient contrast, mist'),
                     split('the contrast is too low, the contrast is poor, fog hides the view, contrast is missing, the tones are flat, '
                           'blacks are grey, the contrast has been reduced, the window is fogged'), []),
    'noisy': (split('noisy, grainy, speckled, full of noise, disturbed by noise, with noise, gritty, static-filled, full of grain, full of static, '
                    'covered in noise, noise-ridden, speckly, spoilt by grain'),
              split('noise, grain, static, random noise, sensor noise, speckles, film grain, strong noise, heavy grain, image noise, video noise, '
                    'a lot of noise, interference noise, noise and grain, random specks, gaussian noise, snow mixed in, noise all over'),
              split('the signal is noisy, noise covers the picture, the sensor is noisy, there is noise in the signal, random dots cover everything, '
                    'the gain is too high and noisy, grain covers the view'), []),
    'grey': (split('grey, gray, black and white, colourless, colorless, monochrome, greyscale, grayscale, desaturated, without colour, without color, '
                   'black-and-white, in black and white, in greyscale, in shades of grey, without any colour, uncoloured, in grayscale, in monochrome'),
             split('no colour, no color, missing colour, lost colour, only grey tones, shades of grey, no colours, only shades of gray, no saturation, '
                   'zero saturation, grey tones only, a loss of colour'),
             split('the colour is gone, the colours are missing, the colours are lost, all colour is lost, the camera is in night mode without colour, colour is missing, '
                   'the saturation is zero, the chroma is lost'), []),
    'upside down': (split('upside down, upside-down, inverted, rotated by 180 degrees, turned over, standing on its head, flipped, overturned, '
                          'flipped over, the wrong way up, turned upside down, rotated, top down, flipped vertically'),
                    split('a wrong orientation, the top at the bottom, everything upside down, the sky below, a vertical flip, an upside down view, wrong rotation'),
                    split('the camera hangs upside down, the picture stands on its head, up is down, the camera is mounted upside down, the camera was turned over'), []),
    'covered': (split('covered, obstructed, blocked, hidden, partly covered, obscured, masked, concealed, partly hidden, partially covered, blocked from view, '
                      'half covered, covered up, occluded, partly blocked, partially obstructed, taped over, half hidden'),
                split('a covered lens, an obstruction, something in front of the lens, a hand over the lens, a blocked lens, a cover on the lens, a blocked view, '
                      'an obstructed view, an object before the lens, a finger on the lens, tape on the lens, an obstructed lens, something covering it'),
                split('something covers the lens, the lens is covered, a hand is in front of the camera, the view is blocked, the camera is covered, '
                      'something is in the way, the lens is blocked, an object hides the view, something blocks the camera, the lens is partly covered, '
                      'part of the picture is hidden, somebody covered the camera, the camera is obstructed'), []),
    'blocky': (split('blocky, pixelated, full of blocks, badly compressed, strongly compressed, over-compressed, broken into blocks, pixelised, coarse and blocky, '
                     'heavily compressed, pixellated, with blocks, mosaic-like, overcompressed, compressed to blocks'),
               split('compression artefacts, blocks, block artefacts, compression artifacts, macroblocks, coding artefacts, large pixels, big blocks, blocking, '
                     'jpeg artefacts, squares, a low bit rate, a poor bitrate, mosaic blocks, jpeg artifacts, digital artefacts, pixelation, visible blocks'),
               split('the compression is too strong, the bit rate is too low, the picture breaks into blocks, blocks are visible, the codec is starved, '
                     'the bitrate is too low, the picture falls apart into squares'), []),
    'horizontal bars': (split('crossed by horizontal bars, with horizontal bars, horizontally striped, covered by horizontal stripes, '
                              'crossed by horizontal lines'),
                        split('horizontal bars, horizontal stripes, bars across it, horizontal lines, stripes from left to right, '
                              'horizontal bands, horizontal black bars, horizontal stripes over it'),
                        split('horizontal bars cover part of the picture, horizontal stripes cross the picture, horizontal lines run through the view, '
                              'bars run from left to right'), []),
    'vertical bars': (split('crossed by vertical bars, with vertical bars, vertically striped, covered by vertical stripes, '
                            'crossed by vertical lines'),
                      split('vertical bars, vertical stripes, bars from top to bottom, vertical lines, stripes from top to bottom, '
                            'vertical bands, vertical black bars, vertical stripes over it'),
                      split('vertical bars cover part of the picture, vertical stripes cross the picture, vertical lines run through the view, '
                            'bars run from top to bottom'), []),
    'colour bars': ([], [], split('the test card is on'),
                    split('colour bars, color bars, smpte bars, smpte color bars, smpte colour bars, a colour bar test pattern, a test card with colour bars, '
                          'television colour bars, coloured test bars, a color bar test pattern, tv color bars, ebu colour bars, the colour bars of a test card, rainbow bars, '
                          'a colour bar pattern, a test card, coloured bars')),
    'snow': ([], [], split('there is no signal, the signal is lost, the antenna is unplugged'),
             split('snow, television snow, tv static, white noise, no signal, pure static, analogue snow, random pixels only, only noise, nothing but static, '
                   'tv snow, a snowy screen, snow on a tv, static from an empty channel, pure noise, nothing but noise, a lost signal, white noise only')),
    'black': (split('black, entirely black, all black, totally black, pitch black, completely black'), [],
              split('the screen is black, the picture is black, nothing but black, there is only black, everything is black'),
              split('a black screen, a black picture, pure black, a blank black screen, only black, a black frame, solid black, plain black, blackness, no picture at all, '
                    'black video, a completely black image, an all black frame')),
    'white': (split('white, entirely white, all white, totally white, pure white, completely white'), [],
              split('the screen is white, the picture is white, nothing but white, there is only white, everything is white'),
              split('a white screen, a white picture, pure white, a blank white screen, only white, a white frame, solid white, plain white, an empty white page, '
                    'white video, a completely white image, an all white frame')),
    'checkers': (split('checkered, chequered, checked'), [], [],
                 split('a checkerboard, a chequerboard, checkers, a chess board, a checkered pattern, a chequered pattern, a checker pattern, squares of two colours, '
                       'a checkerboard pattern, a chess board pattern, a chessboard, alternating squares')),
    'rings': ([], [], [],
              split('a zone plate, concentric circles, rings, concentric rings, circles inside circles, a circular pattern, a zone plate pattern, circular waves, '
                    'a pattern of circles, a ring pattern, a pattern of rings, a circular test pattern, round waves, circles, a zone plate test pattern')),
    'gradient': ([], [], [],
                 split('a gradient, a smooth gradient, a colour gradient, a ramp, a grey ramp, a gradient from black to white, a smooth ramp, a shading from dark to light, '
                       'a black to white gradient, a brightness ramp, a gradual transition, a grey gradient, a color gradient, a linear gradient')),
    'rays': ([], [], [],
             split('a pinwheel, spokes, rays, a star of rays, a wheel of spokes, a siemens star, rays from the centre, a pinwheel pattern, radial stripes, spokes of a wheel, '
                   'a radial pattern, a spoke pattern, rotating spokes, a sunburst, black and white rays')),
    'ball': ([], [], [],
             split('a ball, a white ball, a moving ball, a white ball on black, a bouncing ball, a white dot on black, a white disc on black, a white circle on black, '
                   'a ball on a black background, a single ball, one white ball, a small white ball')),
    # shared by several classes
    'tint': (split('tinted, colour-tinted, off-colour, colour tinted, wrongly coloured, discoloured, tinged, color tinted, in false colours, miscoloured, color-tinted'),
             split('a colour cast, a color cast, wrong colours, a tint, false colours, a wrong white balance, a colour tint, wrong colors, strange colours, a color tint, '
                   'bad colours, incorrect colours'),
             split('the white balance is wrong, the colours are wrong, the colours are off, the colors are wrong'), []),
    'solid': ([], [], [], split('a solid colour, one colour only, a plain colour, a single colour, a uniform colour, a solid color, a flat colour, a single color, '
                                'a coloured screen')),
    'bars': (split('striped, barred, crossed by bars'), split('bars, stripes, bars over it, lines through it, stripes over it'),
             split('bars cover part of the picture, bars hide part of the picture, stripes cross the picture, lines run through the picture'), []),
    'pattern': ([], [], [], split('a test pattern, a test signal, a test image, a generated pattern, a test picture')),
    'fault': (split('faulty, bad, damaged, disturbed, spoilt, of poor quality, defective, poor, degraded, impaired, not in order, broken'),
              split('a fault, poor quality, a problem, a defect, faults, bad quality, a picture fault'),
              split('something is wrong, something is wrong with the picture, the picture has a fault, the camera has a problem'), []),
}

SHADES = {'red': 'red, reddish', 'green': 'green, greenish', 'blue': 'blue, bluish', 'yellow': 'yellow, yellowish',
          'purple': 'purple, magenta, pink, violet, purplish', 'cyan': 'cyan, turquoise', 'magenta': 'magenta, purple, pink'}
for _c in ('red', 'green', 'blue', 'yellow', 'purple'):
    _s = split(SHADES[_c])
    WORDS[_c + ' tint'] = (
        [f for s in _s for f in (s + ' tinted', s + '-tinted', 'tinted ' + s, 'tinged with ' + s, 'coloured ' + s, 'colored ' + s, 'stained ' + s)] + [s for s in _s if s.endswith('ish')] * 3
        + ['too ' + _s[0], 'much too ' + _s[0]],
        [f for s in _s for f in ('a %s tint' % s, 'a %s tint' % s, 'a %s cast' % s, 'a %s colour cast' % s, 'a %s color cast' % s, 'a %s tinge' % s, 'a %s hue' % s,
                                 'a %s veil' % s, 'a %s filter' % s, 'too much %s' % s, '%s light over everything' % s)],
        [f for s in _s for f in ('everything has a %s tint' % s, 'the colours are shifted to %s' % s, 'everything looks %s' % s,
                                 'the white balance is too %s' % s, 'the colours are too %s' % s)], [])
for _c in ('red', 'green', 'blue', 'yellow', 'cyan', 'magenta'):
    _s = split(SHADES[_c])
    WORDS['solid ' + _c] = (
        [], [], ['the screen is all %s' % _s[0], 'everything is pure %s' % _s[0], 'the screen is completely %s' % _s[0]],
        [f for s in _s if not s.endswith('ish') for f in ('solid ' + s, 'plain ' + s, 'pure ' + s, 'a %s screen' % s, 'a solid %s screen' % s, 'only ' + s,
                                                          'a plain %s screen' % s, 'uniform ' + s, 'nothing but ' + s, 'a blank %s screen' % s,
                                                          'a %s surface only' % s, 'an all %s frame' % s, 'a solid %s colour' % s, 'solid %s color' % s)])

# key words that training never uses, for an honest last figure
TEST_WORDS = {
    'clear': ['a pristine picture', 'a spotless view', 'excellent visibility'], 'blurred': ['a bleary picture', 'bokeh everywhere', 'an indistinct image'],
    'dark': ['a dusky picture', 'nighttime gloom', 'pitchy obscurity'], 'overexposed': ['a blinding picture', 'too luminous', 'excessive illumination'],
    'low contrast': ['a bland picture', 'lifeless tones', 'a muted image'], 'noisy': ['a sandy picture', 'dotty interference', 'hissing pixels'],
    'grey': ['an achromatic picture', 'a hueless image', 'sepia-less tones'], 'upside down': ['a topsy-turvy picture', 'reversed orientation', 'bottom side up'],
    'covered': ['a shrouded camera', 'dirt on the glass', 'an eclipsed view'], 'blocky': ['a chunky picture', 'minecraft look', 'quantisation damage'],
    'horizontal bars': ['level strips', 'rungs of a ladder', 'sideways streaks'], 'vertical bars': ['upright strips', 'prison railing', 'columns in the way'],
    'red tint': ['a crimson picture', 'scarlet everywhere', 'a ruby glow'], 'green tint': ['an emerald picture', 'a lime glow', 'a mossy image'],
    'blue tint': ['an azure picture', 'a navy glow', 'sapphire colouring'], 'yellow tint': ['an amber picture', 'a golden glow', 'a lemon hue'],
    'purple tint': ['a lilac picture', 'a mauve glow', 'lavender colouring']}

TINTS = [c + ' tint' for c in ('red', 'green', 'blue', 'yellow', 'purple')]
BARS = ['horizontal bars', 'vertical bars']
SOLIDS = ['solid ' + c for c in ('red', 'green', 'blue', 'yellow', 'cyan', 'magenta')]
FAULTS = ['blurred', 'dark', 'overexposed', 'low contrast', 'noisy', 'grey', 'upside down', 'covered', 'blocky'] + BARS + TINTS
PATTERNS = ['colour bars', 'snow', 'black', 'white', 'checkers', 'rings', 'gradient', 'rays', 'ball'] + SOLIDS
CLASSES = ['clear'] + FAULTS + PATTERNS
ATTRIBUTES = CLASSES + ['tint', 'solid', 'bars', 'pattern', 'fault']


def attributes(name):
    """Everything that may truthfully be said of a picture of this class."""
    a = {name}
    if name in TINTS:
        a.add('tint')
    if name in SOLIDS:
        a.add('solid')
    if name in BARS:
        a.add('bars')
    if name in FAULTS:
        a.add('fault')
    if name in PATTERNS:
        a.add('pattern')
    return a


# (class of the picture, attribute of the caption): neither right nor wrong, left out of the loss
AMBIGUOUS = {('black', 'dark'), ('black', 'covered'), ('covered', 'black'), ('covered', 'dark'), ('dark', 'black'),
             ('white', 'overexposed'), ('overexposed', 'white'), ('upside down', 'clear'), ('snow', 'noisy'), ('noisy', 'snow'),
             ('colour bars', 'vertical bars'), ('colour bars', 'bars'), ('ball', 'black'), ('ball', 'dark'), ('ball', 'rings'), ('covered', 'bars'),
             ('covered', 'vertical bars'), ('covered', 'horizontal bars'), ('vertical bars', 'covered'), ('horizontal bars', 'covered'),
             ('blocky', 'blurred'), ('blocky', 'checkers'), ('checkers', 'blocky'), ('gradient', 'grey'), ('checkers', 'grey'), ('snow', 'grey'), ('rays', 'grey'),
             ('rings', 'grey'), ('black', 'grey'), ('white', 'grey'), ('ball', 'grey'), ('low contrast', 'fault'), ('gradient', 'blurred'), ('checkers', 'snow')}
AMBIGUOUS.discard(('low contrast', 'fault'))
AMBIGUOUS |= {('solid ' + c, c + ' tint') for c in ('red', 'green', 'blue', 'yellow')} | {(c + ' tint', 'solid ' + c) for c in ('red', 'green', 'blue', 'yellow')}
AMBIGUOUS |= {('solid magenta', 'purple tint'), ('purple tint', 'solid magenta'), ('solid cyan', 'blue tint')}
AMBIGUOUS |= {(p, 'fault') for p in PATTERNS} | {(s, 'tint') for s in SOLIDS}


def article(s):
    return ('an ' if s[0] in 'aeiou' else 'a ') + s


def pick(rng, items):
    return items[int(rng.random() * len(items))]


def caption(rng, attribute, test=False):
    """One caption; with test, a wording that training cannot produce."""
    adj, with_, clauses, names = WORDS[attribute]
    n = pick(rng, TEST_NOUNS if test and rng.random() < .5 else NOUNS)
    kinds = []
    if adj:
        kinds += ['adj'] * 4
    if with_:
        kinds += ['with'] * 2
    if clauses and not test:
        kinds += ['clause']
    if names:
        kinds += ['name'] * 6
    kind = pick(rng, kinds)
    if kind == 'clause':
        s = pick(rng, clauses)
    elif kind == 'adj':
        j = pick(rng, adj)
        plain = j.split()[0] in ('too', 'much', 'entirely', 'all', 'totally', 'completely', 'without', 'not', 'with', 'in', 'as', 'pure')
        d = '' if plain or rng.random() < .6 else pick(rng, DEGREES)
        aj = d + j
        first = aj.split()[0]
        late = first in ('without', 'with', 'in', 'as', 'of', 'standing', 'crossed', 'covered', 'free', 'full', 'turned', 'disturbed', 'short', 'rotated') and ' ' in j
        f = pick(rng, TEST_ADJ_FRAMES if test else ADJ_FRAMES)
        if late and '{aj} {n}' in f:
            f = f.replace('{aj} {n}', 'a {n} {j}')
        s = f.replace('{aj}', 'a bit ' + j if aj.startswith('a bit') else article(aj)).replace('{j}', aj).replace('{n}', n)
    else:
        w = pick(rng, with_ if kind == 'with' else names)
        f = pick(rng, (TEST_WITH_FRAMES if kind == 'with' else TEST_NAME_FRAMES) if test else (WITH_FRAMES if kind == 'with' else NAME_FRAMES))
        s = f.replace('{w}', w).replace('{n}', n)
    if test:
        return s
    s = pick(rng, PREFIX) + s + pick(rng, END)
    r = rng.random()
    if r < .04 and len(s) > 8:  # a slip of the finger
        i = 1 + int(rng.random() * (len(s) - 2))
        s = s[:i] + (s[i + 1:] if rng.random() < .5 else s[i - 1] + s[i:])
    elif r < .09:
        for p in ('a ', 'an ', 'the '):
            if s.startswith(p):
                s = s[len(p):]
                break
    return s
