namespace Switchyard.Pipeline;

/// <summary>The three places where a host's own steps stand.</summary>
internal enum StagePlace
{
    /// <summary>Around every call, before its model name is resolved.</summary>
    Call,

    /// <summary>Around every call whose route is known, outside the attempts.</summary>
    Routed,

    /// <summary>Around each attempt.</summary>
    Attempt,
}

/// <summary>One step that a host added. Registered as a service; the order of registration is the order from the outside in.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Step">The step.</param>
internal sealed record HostStage(StagePlace Place, ICallMiddleware Step);

/// <summary>A host's own steps by their places, the first added outermost.</summary>
internal sealed class HostStages(IEnumerable<HostStage> stages)
{
    private readonly HostStage[] _stages = [.. stages];

    public IReadOnlyList<ICallMiddleware> At(StagePlace place) => [.. _stages.Where(stage => stage.Place == place).Select(stage => stage.Step)];
}
