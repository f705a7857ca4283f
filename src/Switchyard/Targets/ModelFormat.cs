using Switchyard.Canonical;

namespace Switchyard.Targets;

/// <summary>A format that a provider of several must be asked in for a model, whatever the client speaks.</summary>
/// <param name="Dialect">The format.</param>
/// <param name="When">The requests it holds for.</param>
public sealed record ModelFormat(DialectId Dialect, ModelFormatCondition When);

/// <summary>The requests for which a model needs a format of its own.</summary>
public enum ModelFormatCondition
{
    /// <summary>All of them: the model is not served in another.</summary>
    Always,

    /// <summary>Those with tools.</summary>
    Tools,

    /// <summary>Those with tools in which the model is to reason.</summary>
    ToolsAndReasoning,
}
