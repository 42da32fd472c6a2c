"""The words in which HW13 is answered in prose: named groups of phrases for `reference.hw13.claims`.

The phrases are in the pattern language of `grader.checks.patterns`, parted by bars.
"""

from __future__ import annotations

from grader.checks.prose import Concept

__all__ = ["WORDS_1D", "WORDS_2C", "WORDS_2F"]


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split("|"))


WORDS_1D = (
    Concept(
        name="NARROW",
        opposite="WIDE",
        phrases=_phrases(
            "small | tiny | narrow | tight | low | little | shrunken | shrunk | shrink | less | smaller | below | "
            "squeeze | compressed | contract | negligible | minuscule | thin | insufficient | peaked | sharp | under "
            "dispersed | underdispersed | under estimate | underestimate | understate | not enough/sufficient | not ~ "
            "wide/large/big/broad enough | too concentrated | concentrated | over concentrated | deflated | "
            "underspread | under spread | vanish | vanishing | reduced | quadratically small | too confident | "
            "overconfident | lose/loses/lost variance | sigma^4 ~ < ~ sigma^2 | sigma^2 ~ > ~ sigma^4 | "
            "sigma^2/sigma^4 ~ smaller/less/below ~ sigma^2 | "
            "data/target/true/original/real ~ larger/bigger/wider/broader/greater/higher/more ~ than ~ "
            "samples/generated/obtain/get/got/result/output/ours/that/sampled/produced/have | "
            "not ~ have/has ~ enough variance/spread"
        ),
    ),
    Concept(
        name="WIDE",
        opposite="NARROW",
        phrases=_phrases(
            "too spread | large | big | wide | broad | high | huge | excessive | over dispersed | overdispersed | "
            "explode | blow up | inflated | diverge | too much variance | spread out | overestimate | grow | increase "
            "| sigma^4 ~ > ~ sigma^2 | sigma^2 ~ < ~ sigma^4 | too noisy | "
            "data/target/true/original/real ~ smaller/narrower/tighter/less/lower ~ than ~ "
            "samples/generated/obtain/get/got/result/output/ours/that/sampled/produced/have"
        ),
    ),
    Concept(
        name="COLLAPSE",
        phrases=_phrases(
            "cluster near/at/around | variance ~ goes/tends/shrinks to 0 | variance ~ to/towards/toward zero | "
            "collapse | degenerate | concentrate at/around/near/on | shrink to/toward/towards | point mass | delta "
            "function/distribution/mass/spike/peak | dirac | near/almost/nearly/essentially deterministic | "
            "mode/variance collapse | all ~ near/at/around 0/zero | spike at/around | almost/nearly/essentially all "
            "zero/identical/same"
        ),
    ),
    Concept(
        name="DIVERSITY",
        phrases=_phrases("diversity | diverse | variety | variability | stochasticity | randomness | spread"),
    ),
    Concept(
        name="LOST",
        phrases=_phrases(
            "lose | lost | loses | losing | loss of | lack | missing | destroy | kill | remove | eliminate | gone | "
            "wipe out | no diversity | not diverse | fail ~ capture/reproduce/preserve | not "
            "capture/reproduce/preserve/recover | without diversity | little diversity | drop | insufficient "
            "diversity"
        ),
    ),
    Concept(
        name="DATA",
        phrases=_phrases(
            "data | target | true distribution/variance | true | sigma^2 | original | desired | correct variance | "
            "real | required | intended | x_0 | wanted | right variance | should | n 0 sigma^2 | ground truth"
        ),
    ),
    Concept(
        name="MATCHES",
        opposite="DIFFERS",
        phrases=_phrases(
            "match | equal | agree | coincide | recover | reproduce | same variance/distribution/spread | same as | "
            "identical | close to ~ target/data/sigma^2 | preserve | nothing ~ wrong | no problem | is fine | works "
            "perfectly/well/fine"
        ),
    ),
    Concept(
        name="DIFFERS",
        opposite="MATCHES",
        phrases=_phrases(
            "instead of | rather than | differ | mismatch | ≠ ~ sigma^2 | far from | not ~ sigma^2 | not n 0 sigma^2 "
            "| not the data/target/desired/right/correct | should be/have | wrong variance | variance is wrong | fail "
            "to match/reproduce/recover | unlike | not ~ match/equal/recover/reproduce | does not ~ "
            "match/equal/recover/reproduce/have | off by | not what we want | instead/not sigma^2 | as opposed to | "
            "incorrect variance | is not ~ target/desired/data/original/correct"
        ),
    ),
    Concept(
        name="QUARTIC",
        phrases=_phrases(
            "sigma^4 | sigma ^4 | fourth power | squared variance | square/squared of ~ variance/sigma^2 | factor of "
            "sigma^2 | factor sigma^2 | frac sigma^2 sigma^2 + 1 ^2 | sigma^2 sigma^2 + 1 ^2 | sigma^2 1 + sigma^2 ^2"
        ),
    ),
    Concept(
        name="NOTHING",
        phrases=_phrases(
            "data/step/noise/prior has/have/with ~ small/large/low/high/little/tiny/big variance/spread | "
            "small/large/low/high/little/tiny/big/narrow/wide in/for/within ~ data | noise ~ has variance | "
            "variance ~ of ~ noise | noise/prior variance | variance ~ of ~ prior | forward process | "
            "small/large/tiny step | step is small/large/tiny | sigma^2 is ~ small/tiny | sigma^2 < 1 | "
            "sigma^2 ~ smaller/less than 1 | delta t ~ smaller/less than ~ sigma^2 | delta t < ~ sigma^2 | "
            "instead/rather of/than ~ too ~ small/narrow/low/little/large/wide/big/high/broad"
        ),
    ),
    Concept(
        name="VARIANCE",
        phrases=_phrases(
            "variance | var | spread | dispersion | standard deviation | std | width | distribution | x_0 | sample | "
            "noise level | it | result | output | this | x 0 | scale"
        ),
    ),
)

WORDS_2C = (
    Concept(
        name="PARTITION",
        phrases=_phrases(
            "z | z_x | z x | partition function | normalizing/normalization constant/factor/term | normalizer | "
            "normalizing | normalization | normalize | denominator | log partition | partition | constant"
        ),
    ),
    Concept(
        name="SUM",
        phrases=_phrases(
            "sum | sum_y | summation | enumerate | enumeration | iterate | add up | marginalize | evaluate ~ "
            "every/all/each | integral | integrate | loop over | compute ~ for every/all | go through | score "
            "every/all/each | visit | cover every/all | run over | total over | range over | ranging over"
        ),
    ),
    Concept(
        name="RESPONSES",
        phrases=_phrases(
            "response | sequence | output | output space | completion | y | y_set | answer | string | sentence | text "
            "| generation | token sequence | space | possible outputs | candidates | candidate | possibility | "
            "combination | terms | continuation | utterance | replies | reply | action | generations | v^* | "
            "everything"
        ),
    ),
    Concept(
        name="HUGE",
        opposite="FEW",
        phrases=_phrases(
            "all finite strings/sequences | exponential | exponent in ~ length | infinite | infinitely | infinity | "
            "unbounded | astronomical | combinatorial | enormous | huge | massive | vast | too many | so many | "
            "gigantic | immense | extremely/very/too/so/incredibly/prohibitively/unimaginably large/big/many | "
            "large "
            "| countless | unlimited | more terms/responses than | big | v^l | v^t | v^n | v^k | v^m | "
            "v^length | v^l_max | vocab^length | "
            "vocabulary_size^length | v y | vocabulary ^ | vocab_size^length | vocab_size^len | v^len | vocab^len | "
            "vocabsize^length | grow with ~ length | grows ~ length | to the power ~ length | raised to ~ length | "
            "power of ~ length | endless | countably | not finite | explode | blow up | blows up | unmanageable | v^* "
            "| never enumerate"
        ),
    ),
    Concept(
        name="NOTHING",
        phrases=_phrases(
            "small/few/large/huge vocabulary/tokens/prompt/model | few/more training | short response/answer | "
            "only for ~ small/few | huge/large amounts"
        ),
    ),
    Concept(
        name="FEW",
        opposite="HUGE",
        phrases=_phrases(
            "few | polynomial | linear | small | finite and small | manageable | a handful | grow/grows ~ "
            "linear/polynomial/logarithmic ~ length | only v | v terms/responses/outputs/summands | one for "
            "each/every token | l v | v l | v + l | only l"
        ),
    ),
    Concept(
        name="ELSEWHERE",
        phrases=_phrases(
            "sum/sums/summing/summation/integral/integrate/average/expectation ~ "
            "prompts/parameters/theta/dataset/users/annotators/layers | sum/sums/summing/summation ~ all x | integral "
            "over ~ parameters | preference pairs to sum over | sum/sums/summing ~ preference pairs"
        ),
    ),
    Concept(
        name="INTRACTABLE",
        opposite="TRACTABLE",
        phrases=_phrases(
            "no way to | intractable | infeasible | impossible | impractical | unfeasible | not "
            "possible/feasible/practical | prohibitive | prohibitively expensive | cannot ~ "
            "compute/computed/evaluate/evaluated/sum/enumerate/calculate/calculated/normalize/done/enumerated/summed "
            "| cannot be | expensive | costly | hard to compute/evaluate/calculate | difficult to "
            "compute/evaluate/calculate | too expensive | no way to compute | not ~ tractable | hard | unable to | "
            "hopeless | uncomputable | impracticable | not computable | out of reach | cannot | untractable | not ~ "
            "computable | difficult | blow up"
        ),
    ),
    Concept(
        name="TRACTABLE",
        opposite="INTRACTABLE",
        phrases=_phrases("tractable | feasible | possible to compute | easy | cheap | simple to compute | computable"),
    ),
)

# sigmoid(z) with z = r_w - r_l is not the weight: its size says nothing here (NOTHING takes its words away).
WORDS_2F = (
    Concept(
        name="WRONG",
        opposite="RIGHT",
        phrases=_phrases(
            "wrong | incorrect | mistake | mistaken | error | misrank | mis rank | misorder | mis order | violate | "
            "misclassify | disagree with ~ preference/label/data/human | inverted | wrong way | backwards | violation "
            "| poor | hard example | hard pair | confuse | misjudge | reverse order | fooled | fail | badly | "
            "mismatch | contradict ~ preference/label/data/human | bad | "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses ~ "
            "higher/larger/greater/bigger/more/above/over/exceed/large/high/beat/outrank/better ~ "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins ~ lower/smaller/less/below/worse/under ~ "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses ~ > ~ "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins ~ < ~ "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | "
            "higher/larger/greater/bigger/more/above/over/exceed/large/high/beat/outrank/better ~ to/for/of/on ~ "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | "
            "prefer/prefers/favor/favors/favour/favours ~ "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | "
            "lower/smaller/less/below/worse/under ~ to/for/of/on ~ "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses ~ above/over/ahead ~ "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses ~ "
            "higher/larger/greater/bigger/more/above/over/exceed/large/high/beat/outrank/better ~ reward/score/rank* "
            "| higher/larger/greater/bigger/more/above/over/exceed/large/high/beat/outrank/better reward/score/rating "
            "~ y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | "
            "overestimate/overestimates/overrate/overrates ~ "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses ~ wins | rank/ranks ~ "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses first/higher | "
            "underestimate/underestimates ~ y_w/r_w/winner/winning/preferred/chosen/w/better/wins | "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins ~ underestimated | "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses ~ preferred | "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses ~ outscore* ~ "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | z negative | z is ~ negative | margin ~ negative "
            "| negative margin | z < 0 | unsure | in reverse order | "
            "y_l/loser/rejected/dispreferred ~ reward is ~ higher/larger/greater/bigger"
        ),
    ),
    Concept(
        name="RIGHT",
        opposite="WRONG",
        phrases=_phrases(
            "right | correct | rightly | properly | already learned | well ordered | agree with ~ "
            "preference/label/data/human | satisfied | respected | easy pair | easy example | fits | well ranked | "
            "good | already knows | already prefers | y_w/r_w/winner/winning/preferred/chosen/w/better/wins ~ "
            "higher/larger/greater/bigger/more/above/over/exceed/large/high/beat/outrank/better ~ "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses ~ "
            "lower/smaller/less/below/worse/under ~ y_w/r_w/winner/winning/preferred/chosen/w/better/wins | "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins ~ > ~ "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses ~ < ~ "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | "
            "higher/larger/greater/bigger/more/above/over/exceed/large/high/beat/outrank/better ~ to/for/of/on ~ "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | prefer/prefers/favor/favors/favour/favours ~ "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | lower/smaller/less/below/worse/under ~ "
            "to/for/of/on ~ y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins ~ above/over/ahead ~ "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins ~ "
            "higher/larger/greater/bigger/more/above/over/exceed/large/high/beat/outrank/better ~ reward/score | "
            "higher/larger/greater/bigger/more/above/over/exceed/large/high/beat/outrank/better reward/score/rating ~ "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | z ~ large ~ positive | margin ~ positive | "
            "positive margin | z > 0 | separated | large margin | margin is large | confidently ranks | in the right "
            "order | winner ~ first | y_w/winner/chosen/preferred ~ reward is ~ higher/larger/greater/bigger"
        ),
    ),
    Concept(
        name="LARGE",
        opposite="SMALL",
        phrases=_phrases(
            "large | big | high | strong | great | heavy | close/near/approaching to 1 | near 1 | ≈ 1 | → 1 | "
            "approach 1 | approaches ~ 1 | to 1 | almost 1 | about 1 | more | most | significant | substantial | "
            "upweight | up weight | emphasize | amplify | increase | hard update | aggressive | maximal | full | "
            "scale with | scales ~ with | proportional to | grow | grows | close to 1 | close to one | near one | to "
            "one | approaches one | big update | much | stronger | learn ~ most | nearly 1 | up | nearly one | almost "
            "one | focus on | concentrate on | dominate | a lot | fast | is 1 | ≈ one | rise | boost"
        ),
    ),
    Concept(
        name="SMALL",
        opposite="LARGE",
        phrases=_phrases(
            "small | tiny | little | low | weak | close/near to 0 | close to zero | near 0 | near zero | ≈ 0 | → 0 | "
            "approach 0 | approaches ~ 0 | approach zero | to 0 | to zero | almost 0 | almost zero | vanish | "
            "negligible | nearly 0 | nearly zero | less | barely | downweight | down weight | ignore | light | no "
            "update | hardly any | decrease | shrink | fade | die | no gradient | stop | minimal | drop | no need ~ "
            "update | no change | hardly ~ change/update/move | barely ~ change/update/move | gentle | is 0 | is zero "
            "| about 0 | about zero | diminish | slight | saturate | leaves ~ alone | leave ~ alone | nothing ~ learn "
            "| skip | slow | hardly contribute* | contributes nothing"
        ),
    ),
    Concept(
        name="NOTHING",
        phrases=_phrases(
            "sigma z ~ ≈ 1 | sigma z ~ ≈ 0 | sigma z ≈ 1 | sigma z < 1 | sigma z → 1 | sigma z → 0 | sigma z < 0 | "
            "sigma z - 1 < 0 | right hand | right side | log prob* ~ higher | "
            "increase/increases/increasing/raise/raises/raising ~ likelihood/probability/prob*/log ~ "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | "
            "decrease/decreases/decreasing/lower/lowers/lowering ~ likelihood/probability/prob*/log ~ "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | higher/more ~ "
            "log/prob*/likelihood ~ y_w/r_w/winner/winning/preferred/chosen/w/better/wins | lower/less ~ "
            "log/prob*/likelihood ~ y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | "
            "increase/increases/increasing log pi | decrease/decreases/decreasing log pi | increase/increases ~ "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | decrease/decreases ~ "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | more likely | less likely | at "
            "most | no more than | up ~ y_w/r_w/winner/winning/preferred/chosen/w/better/wins | down ~ "
            "y_l/r_l/loser/losing/dispreferred/rejected/l/worse/unpreferred/loses | push/pushes ~ up ~ "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | large push toward* "
            "y_w/r_w/winner/winning/preferred/chosen/w/better/wins | more or less | furthermore | "
            "strongly/heavily/highly prefer/favor/favour/disagree/confident | correct/right/final "
            "result/answer/expression/gradient/form/sign/derivation | great | correct ~ sign | much/far "
            "higher/larger/greater/bigger/more ~ than | much/far greater/higher/larger | "
            "the more the model/policy/reward | the more it | what is more | not only | good pair"
        ),
    ),
    Concept(
        name="FOREIGN",
        phrases=_phrases(
            "loss is/becomes/gets/goes/tends/approaches | learning rate | loss ~ small/large/low/high | "
            "reward is/are large/high/small/low for/on | want ~ reward/rewards | "
            "is right/wrong/correct/incorrect/mistaken when/if/whenever | sigma/sigmoid ~ y_w/r_w ~ - ~ y_l/r_l | "
            "sigma/sigmoid ~ y_w/r_w ~ y_w ~ - ~ y_l/r_l ~ y_l | 1 minus ~ weight | 1 - ~ weight"
        ),
    ),
    Concept(
        name="SUBJECT",
        phrases=_phrases(
            "sigma/sigmoid ~ y_l/r_l ~ - ~ y_w/r_w | sigma/sigmoid ~ y_l/r_l ~ y_l ~ - ~ y_w/r_w ~ y_w | "
            "sigma/sigmoid - ~ y_w/r_w ~ - ~ y_l/r_l | weight | weighting | weighted | gradient | update | "
            "coefficient | "
            "factor | sigmoid | sigma | signal | "
            "push | pushes | contribute | contribution | it | learn | learning | step | emphasis | emphasize | term | "
            "this"
        ),
    ),
)
