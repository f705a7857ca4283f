namespace Switchyard.Pipeline;

/// <summary>The three places in the pipeline where a host can add middleware.</summary>
internal enum StagePlace
{
    /// <summary>Around every call, before its model name is resolved (<c>UseCall</c>).</summary>
    Call,

    /// <summary>Around every call whose route is known, outside the attempt loop (<c>UseRouted</c>).</summary>
    Routed,

    /// <summary>Around each attempt (<c>UseAttempt</c>).</summary>
    Attempt,
}

/// <summary>One middleware that a host added. Registered as a service, in the order from the outside in.</summary>
/// <param name="Place">Its place in the pipeline.</param>
/// <param name="Step">The middleware.</param>
internal sealed record HostStage(StagePlace Place, ICallMiddleware Step);

/// <summary>The middleware of a host, by place; the first added is the outermost.</summary>
internal sealed class HostStages(IEnumerable<HostStage> stages)
{
    private readonly HostStage[] _stages = [.. stages];

    public IReadOnlyList<ICallMiddleware> At(StagePlace place) =>
        [.. _stages.Where(stage => stage.Place == place).Select(stage => stage.Step)];
}
