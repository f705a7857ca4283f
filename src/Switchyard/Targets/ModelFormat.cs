using Switchyard.Canonical;

namespace Switchyard.Targets;

/// <summary>The format that a model requires at a provider with several formats, whatever the client speaks.</summary>
/// <param name="Dialect">The format.</param>
/// <param name="When">The requests that require it.</param>
public sealed record ModelFormat(DialectId Dialect, ModelFormatCondition When);

/// <summary>The requests for which a model requires its own format.</summary>
public enum ModelFormatCondition
{
    /// <summary>All requests: the model is not served in another format.</summary>
    Always,

    /// <summary>Requests with tools.</summary>
    Tools,

    /// <summary>Requests with tools and reasoning.</summary>
    ToolsAndReasoning,
}
