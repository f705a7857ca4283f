using System.Globalization;

namespace Switchyard.Chaos;

/// <summary>The result of a chaos run.</summary>
public sealed class ChaosReport
{
    /// <summary>Calls that a healthy target could serve: at least one was healthy from their start to their end.</summary>
    public required int Calls { get; init; }

    /// <summary>The calls that got the whole answer of one target, word by word.</summary>
    public required int Succeeded { get; init; }

    /// <summary>The calls whose answer the target cut off after its first byte, and that ended in exactly one error.</summary>
    public required int BrokenOff { get; init; }

    /// <summary>The calls whose client disconnected.</summary>
    public required int Aborted { get; init; }

    /// <summary>The faults, one sentence each: a lost or doubled word, another target's word, a wrong name in a header.</summary>
    public required IReadOnlyList<string> Faults { get; init; }

    /// <summary>Failures of calls that a healthy target could have served.</summary>
    public required IReadOnlyList<string> Failures { get; init; }

    /// <summary>Calls while everything failed.</summary>
    public required int OutageCalls { get; init; }

    /// <summary>The requests that the targets got for these calls.</summary>
    public required long OutageUpstreamCalls { get; init; }

    /// <summary>How long everything failed.</summary>
    public required TimeSpan Outage { get; init; }

    /// <summary>Targets that answered again after the outage.</summary>
    public required int Recovered { get; init; }

    /// <summary>The counters that were not back to zero at the end.</summary>
    public required IReadOnlyList<string> Leaks { get; init; }

    /// <summary>The share of calls that succeeded, of those that could.</summary>
    public double SuccessRate => Succeeded / (double)Math.Max(1, Calls - BrokenOff - Aborted);

    /// <summary>Upstream calls for each client call while everything failed.</summary>
    public double Amplification => OutageUpstreamCalls / (double)Math.Max(1, OutageCalls);

    /// <summary>Why the run has failed; empty if it succeeded.</summary>
    public IEnumerable<string> Verdict()
    {
        if (SuccessRate < 0.999)
            yield return string.Create(CultureInfo.InvariantCulture, $"only {SuccessRate:P3} of the calls succeeded: {First(Failures)}");
        if (Faults.Count > 0)
            yield return $"{Faults.Count} answers were wrong: {First(Faults)}";
        if (OutageUpstreamCalls > MostUpstreamCalls)
            yield return string.Create(CultureInfo.InvariantCulture, $"an outage was multiplied by {Amplification:0.00}");
        if (Recovered < ChaosRun.Targets)
            yield return $"only {Recovered} targets came back";
        if (Leaks.Count > 0)
            yield return $"not back to zero: {string.Join(", ", Leaks)}";
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        calls that a healthy target could serve   {Calls}
          answered whole                          {Succeeded} ({SuccessRate:P3} of those not broken off by their target and not left by their client)
          broken off by their target, one error   {BrokenOff}
          left by their client                    {Aborted}
          failed                                  {Failures.Count} {First(Failures)}
          wrong                                   {Faults.Count}
        calls while everything failed             {OutageCalls}, upstream calls {OutageUpstreamCalls}: x {Amplification:0.000}
        targets that came back                    {Recovered} of {ChaosRun.Targets}
        not back to zero                          {(Leaks.Count == 0 ? "nothing" : string.Join(", ", Leaks))}
        """);

    /// <summary>
    /// The promise is 1.35 upstream calls for each call. On a machine that cannot make some hundred calls a second the limit is higher: the
    /// ten retries a second that the budget always allows, saved-up retries, and those that open the circuits then weigh more.
    /// </summary>
    private double MostUpstreamCalls =>
        Math.Max(1.35 * OutageCalls, (1.2 * OutageCalls) + (10 * Outage.TotalSeconds) + 100 + (8 * ChaosRun.Targets));

    private static string First(IReadOnlyList<string> list) => string.Join(" | ", list.Take(3));
}
