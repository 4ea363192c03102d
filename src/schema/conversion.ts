/** How one parameter of a newer event is made from an older one. */
export interface ConversionStep {
  /** A parameter of the event itself, of the thread's stored enter event, zeros, nothing, or the container's JSON. */
  readonly from: 'own' | 'enter' | 'zero' | 'none' | 'json'
  readonly param: number
  /** `enter` without a stored event: nothing, instead of zeros. */
  readonly orNone: boolean
}

/**
 * What becomes of an old event: `store` keeps an enter event for its exit event and shows nothing, `pass` shows it as it
 * is, `add` appends parameters, `change` makes an event of code `to` whose parameters are exactly the steps.
 */
export interface Conversion {
  readonly action: 'store' | 'pass' | 'store+pass' | 'add' | 'change'
  readonly to: number
  readonly steps: readonly ConversionStep[]
}

/** The conversion for events of this code with this many parameters, if there is one. */
export function conversionOf(code: number, paramCount: number): Conversion | undefined {
  return conversions.get(code * countLimit + paramCount)
}

const countLimit = 256

// One rule a line: event code, number of parameters in the file, action or the code to change to, then the steps:
// oN own parameter N, eN parameter N of the stored enter event (eN? nothing where there is none), zero, none, json.
// Facts: conversion table of libs 0.25 (driver schema 4.5.1).
const conversionRows = `
0 2 store
1 1 add e1?
2 0 add none none none
2 3 pass
3 4 add none
3 5 add none
4 1 store
5 1 add e0
6 2 store
7 2 add e0 e1
8 2 store
9 2 add e0 e1
10 1 store
11 1 159 o0 e0?
12 0 154
13 8 155 o0 o1 o2 o3 o4 o5 o6 o7 none none none none none
15 11 157 o0 o1 o2 o3 o4 o5 o6 o7 none none none none none o8 o9 o10
16 0 186 none none none none none
18 3 store
19 1 add e0 e1 e2
19 4 add zero
20 1 store
21 2 add e0
22 1 add zero
22 2 store+pass
23 2 add e0
23 3 add e1
24 2 store
25 1 add e0 e1
27 3 247 o0 o1 o2 zero zero
28 2 store
29 2 add e0 e1 zero
30 3 store
31 2 add e0 e1 e2
32 2 store
33 2 add e0 e1 zero
34 2 store
35 3 add e0 e1
36 2 store
37 1 add e0 e1
42 3 store
43 5 add e0 e1 e2
48 3 store
49 2 add e0 e1 e2
51 0 add zero none none none none
52 1 store
53 4 add zero
53 5 add e0
55 0 add zero none none none none none
56 1 store
57 3 389 o0 o1 o2 zero zero e0
58 0 add none none
58 2 pass
59 3 add none
59 4 add none
59 5 add none
62 2 store
63 1 add e0 e1
64 3 store
65 1 add e0 e1 e2
70 1 store
71 1 add e0
78 1 store
79 1 add e0
80 2 store
81 2 add e1
85 1 83 o0
86 3 store
87 1 add e0 e1 e2
88 3 store
89 1 add e0 e1 e2
90 2 store
91 1 171 o0 e0? e1?
96 1 store
97 1 add e0?
98 2 store
99 1 277 o0 e0? e1?
100 1 store
101 1 279 o0 e0?
102 4 store
103 1 307 o0 e0? e1? e2? e3? none none
104 2 store
105 1 309 o0 e0? e1?
106 4 store
107 1 311 o0 e0? e1? e2? e3? none
108 1 store
109 1 301 o0 e0?
110 2 store
111 1 303 o0 e0? e1? none
112 3 store
113 2 add e0 e1 e2
114 3 store
115 2 add e0 e1 e2
116 1 store
117 3 add e0
118 2 store
119 2 add e0 e1
120 2 store
121 3 add e0 e1
122 3 store
123 2 add e0 e1 e2
124 1 store
125 1 367 o0 e0?
126 3 store
127 1 add e0 e1 e2
128 2 store
129 1 add e0 e1
130 2 store
131 1 add e0 e1
132 3 store
133 1 add e0 e1 e2
134 1 store
135 1 add e0
136 2 store
137 1 add e0 e1
138 1 store
139 1 add e0
140 1 store
141 3 add e0
142 1 store
143 3 add e0
144 2 store
145 5 add e0? e1?
146 1 152 o0 none none none none none
150 2 store
151 1 add e0 e1
151 3 add zero
154 0 172
155 13 173 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10 o11 o12 none
157 16 217 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10 o11 o12 none o13 o14 o15
158 1 store
159 4 add e0?
160 6 store
161 4 add e0 e1 e2 e3 e4 e5
162 6 store
163 4 add e0 e1 e2 e3 e4 e5
164 2 store
165 4 add e0 e1
166 4 store
167 1 add e0 e1 e2 e3
168 2 store
169 0 add none none none
169 3 add e0? e1?
170 3 store
171 1 add e0 e1 e2
172 0 214
173 14 215 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10 o11 o12 none o13
183 16 219 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10 o11 o12 none o13 o14 o15
185 16 221 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10 o11 o12 none o13 o14 o15
188 4 store
189 2 add e0 e1 e3
190 4 store
191 14 add e0 e1 e2 e3
192 3 store
193 1 add e0? e1? e2?
194 3 store
195 1 add e0? e1? e2?
198 1 store
199 1 add e0?
200 1 store
201 1 add e0?
214 0 230
215 15 231 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10 o11 o12 o13 none o14
217 17 223 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10 o11 o12 o13 none o14 o15 o16 none none
219 17 225 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10 o11 o12 o13 none o14 o15 o16 none none
221 17 227 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10 o11 o12 o13 none o14 o15 o16 none none
223 20 add none
225 20 add none
227 20 add none
228 4 272 json
230 0 282
231 16 283 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10 o11 o12 o13 o14 o15 none
236 1 store
237 1 add e0
238 1 store
239 1 add e0
240 2 store
241 1 add e0? e1?
242 2 store
243 1 add e0 e1
248 1 store
249 5 389 o0 o1 o2 o3 o4 e0
250 1 store
251 8 add e0
252 4 store
253 1 add e0 e1 e2 e3
254 3 store
255 2 add e1 e2
256 1 store
257 4 add e0
259 2 387 o0 o1
262 3 store
263 1 add e0 e1 e2
264 1 store
265 2 add e0
272 1 324 o0
276 1 store
277 2 add e0?
282 0 288 none
283 17 289 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10 o11 o12 o13 o14 o15 o16
284 1 store
285 1 add e0
288 1 292 o0
289 17 293 o0 o1 o2 o3 o4 o5 o6 o7 o8 o9 o10 o11 o12 o13 o14 o15 o16 none
292 1 store+pass
293 18 add none
293 19 add none
293 20 add none none none
293 23 add none none none
293 26 add none
293 27 add none
293 28 add none
293 29 add none
293 30 add e0?
294 2 store
295 1 add e0? e1?
296 1 store
297 1 369 o0 e0?
298 1 add zero
298 2 store
299 1 add e0 e1
306 0 add none none none none
306 4 pass
307 5 add none
307 6 add none
326 0 add none none none none none
326 5 pass
327 6 add none none
328 3 store
329 1 add e0 e1 e2
330 3 pass
331 19 add none
331 20 add none none none
331 23 add none none none
331 26 add none
331 27 add none
331 28 add none
331 29 add none
332 3 store
333 3 add e0 e1 e2
335 20 add none
374 1 store
375 1 add e0
376 1 store
377 1 add e0
388 1 store
389 5 add e0
390 1 store
391 2 add e0
396 1 store
397 2 add e0
398 2 store
399 2 add e0 e1
`

const conversions: ReadonlyMap<number, Conversion> = new Map(conversionRows.trim().split('\n').map(parseConversion))

function parseConversion(row: string): [number, Conversion] {
  const [code = '', count = '', verb = '', ...steps] = row.split(' ')
  const to = /^\d+$/.test(verb) ? Number(verb) : undefined
  const action = to === undefined ? (verb as Conversion['action']) : 'change'
  return [Number(code) * countLimit + Number(count), { action, to: to ?? Number(code), steps: steps.map(parseStep) }]
}

function parseStep(text: string): ConversionStep {
  const found = /^([oe])(\d+)(\??)$/.exec(text)
  if (found === null) return { from: text as 'zero' | 'none' | 'json', param: 0, orNone: text === 'none' }
  return { from: found[1] === 'o' ? 'own' : 'enter', param: Number(found[2]), orNone: found[3] === '?' }
}
