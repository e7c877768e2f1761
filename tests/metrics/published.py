"""The figures as the evaluation code of the ASVspoof challenges defines them, in plain loops.

After evaluation-package/calculate_modules.py of https://github.com/asvspoof-challenge/asvspoof5 and
eval-package/eval_metrics.py of https://github.com/asvspoof-challenge/2021. Higher scores are more bona fide.
"""

import math


def det_curve(bonafide, spoof):
    """Reject clip by clip from the lowest score up; a stable sort leaves bona fide first where scores are tied."""
    clips = sorted([(score, True) for score in bonafide] + [(score, False) for score in spoof], key=lambda c: c[0])
    frr, far, thresholds = [0.0], [1.0], [clips[0][0] - 0.001]
    rejected_bonafide = rejected_spoof = 0
    for score, is_bonafide in clips:
        if is_bonafide:
            rejected_bonafide += 1
        else:
            rejected_spoof += 1
        frr.append(rejected_bonafide / len(bonafide))
        far.append((len(spoof) - rejected_spoof) / len(spoof))
        thresholds.append(score)
    return frr, far, thresholds


def equal_error_rate(bonafide, spoof):
    frr, far, thresholds = det_curve(bonafide, spoof)
    best = 0
    for i in range(len(frr)):
        if abs(frr[i] - far[i]) < abs(frr[best] - far[best]):
            best = i
    return (frr[best] + far[best]) / 2, thresholds[best]


def min_detection_cost(bonafide, spoof, p_spoof=0.05, c_miss=1, c_fa=10):
    frr, far, _ = det_curve(bonafide, spoof)
    least = math.inf
    for miss, false_alarm in zip(frr, far, strict=True):
        least = min(least, c_miss * miss * (1 - p_spoof) + c_fa * false_alarm * p_spoof)
    return least / min(c_miss * (1 - p_spoof), c_fa * p_spoof)


def actual_detection_cost(bonafide, spoof, p_spoof=0.05, c_miss=1, c_fa=10):
    beta = c_miss * (1 - p_spoof) / (c_fa * p_spoof)
    threshold = -math.log(beta)
    miss = sum(score < threshold for score in bonafide) / len(bonafide)
    false_alarm = sum(score >= threshold for score in spoof) / len(spoof)
    cost = c_miss * (1 - p_spoof) * miss + c_fa * p_spoof * false_alarm
    return cost / min(c_fa * p_spoof, c_miss * (1 - p_spoof)), threshold


def cllr(target, nontarget):
    of_targets = sum(math.log1p(math.exp(-llr)) for llr in target) / len(target)
    of_nontargets = sum(math.log1p(math.exp(llr)) for llr in nontarget) / len(nontarget)
    return 0.5 * (of_targets + of_nontargets) / math.log(2)


def asv_error_rates(target, nontarget, spoof):
    _, threshold = equal_error_rate(target, nontarget)
    p_fa = sum(score >= threshold for score in nontarget) / len(nontarget)
    p_miss = sum(score < threshold for score in target) / len(target)
    p_miss_spoof = sum(score < threshold for score in spoof) / len(spoof)
    return p_fa, p_miss, 1 - p_miss_spoof


def min_tandem_cost(bonafide, spoof, asv_rates, version, p_tar=0.9405, p_non=0.0095, p_spoof=0.05, c_miss=1, c_fa=10):
    p_fa, p_miss, p_fa_spoof = asv_rates
    frr, far, _ = det_curve(bonafide, spoof)
    if version == 2019:
        c1 = p_tar * (c_miss - c_miss * p_miss) - p_non * c_fa * p_fa
        c2 = c_fa * p_spoof * p_fa_spoof
        return min(c1 * miss + c2 * false_alarm for miss, false_alarm in zip(frr, far, strict=True)) / min(c1, c2)
    c0 = p_tar * c_miss * p_miss + p_non * c_fa * p_fa
    c1 = p_tar * c_miss - (p_tar * c_miss * p_miss + p_non * c_fa * p_fa)
    c2 = p_spoof * c_fa * p_fa_spoof
    least = min(c0 + c1 * miss + c2 * false_alarm for miss, false_alarm in zip(frr, far, strict=True))
    return least / (c0 + min(c1, c2))
