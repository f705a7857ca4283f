namespace Switchyard.Telemetry;

/// <summary>What is measured. <see cref="TelemetryNames"/> says under which names it is known outside.</summary>
internal enum Measure
{
    /// <summary>Calls that reached a deployment, each once, however often it was tried.</summary>
    Requests,

    /// <summary>Attempts that run.</summary>
    Active,

    /// <summary>Ended attempts, by outcome.</summary>
    Attempts,

    /// <summary>The time of a request at one deployment, its retries there included, by status.</summary>
    Duration,

    /// <summary>Ended requests, by status: the number of observations of <see cref="Duration"/>.</summary>
    Ended,

    /// <summary>Requests that ended with an error, by its code and status.</summary>
    Errors,

    /// <summary>The time from sending a streamed request to its first content frame.</summary>
    FirstToken,

    /// <summary>Token counts that providers reported, by type.</summary>
    Tokens,

    /// <summary>Of <see cref="Tokens"/>, those of all the prompt. The next ones are its and the answer's parts.</summary>
    InputTokens,

    /// <summary>Tokens of the answer.</summary>
    OutputTokens,

    /// <summary>Prompt tokens read from the provider's cache.</summary>
    CacheReadTokens,

    /// <summary>Prompt tokens written to the provider's cache.</summary>
    CacheWriteTokens,

    /// <summary>Tokens of the answer that were reasoning.</summary>
    ReasoningTokens,

    /// <summary>Calls whose first target was this deployment.</summary>
    RoutingDecisions,

    /// <summary>Calls that went on from one target to another.</summary>
    Fallbacks,

    /// <summary>A provider's credential was exchanged.</summary>
    Rotations,

    /// <summary>A provider's health: 1 healthy, 0.5 degraded or unknown, 0 unhealthy.</summary>
    ProviderHealth,

    /// <summary>Whether this node counts limits alone, because the store that several share is away: 1, else 0.</summary>
    LimitsAlone,

    /// <summary>The state of each deployment's circuit: 0 closed, 1 half-open, 2 open.</summary>
    CircuitState,

    /// <summary>Ended calls, by outcome, client key and tenant.</summary>
    Calls,

    /// <summary>The gateway's own part of a call's time until its answer was open.</summary>
    Overhead,

    /// <summary>What the network policy decided, by action and decision.</summary>
    EgressDecisions,

    /// <summary>Runs of plugins that failed.</summary>
    PluginFailures,

    /// <summary>What guards matched, by what they did.</summary>
    GuardMatches,

    /// <summary>Calls that asked a cache, by what came of it.</summary>
    CacheLookups,

    /// <summary>Values that became <c>other</c> because there are too many, by label.</summary>
    LabelOverflow,
}

/// <summary>What a measure can be told apart by.</summary>
internal enum Label
{
    /// <summary>The provider's name.</summary>
    Provider,

    /// <summary>The provider's own model id.</summary>
    Model,

    /// <summary>The operation, in the words of <c>providers.json</c>.</summary>
    Operation,

    /// <summary>The tenant.</summary>
    Tenant,

    /// <summary><c>success</c>, <c>error</c>, or <c>canceled</c> where the client left.</summary>
    Status,

    /// <summary>The error's code.</summary>
    ErrorType,

    /// <summary>The provider's status, else the one the client saw.</summary>
    StatusCode,

    /// <summary><c>prompt</c>, <c>completion</c> or <c>total</c>.</summary>
    TokenType,

    /// <summary>Why a credential was exchanged.</summary>
    Reason,

    /// <summary>The provider a call left.</summary>
    From,

    /// <summary>The provider a call went to.</summary>
    To,

    /// <summary>The number of the provider's credential.</summary>
    Credential,

    /// <summary>The client key, by its id.</summary>
    Key,

    /// <summary>The name of a label.</summary>
    Name,

    /// <summary>What was to be sent: <c>provider.request</c>, <c>media.download</c>.</summary>
    Action,

    /// <summary><c>allowed</c>, <c>reported</c> or <c>blocked</c>.</summary>
    Decision,

    /// <summary>A plugin, by its name and version.</summary>
    Plugin,

    /// <summary>A guard, by its name.</summary>
    Guard,
}
