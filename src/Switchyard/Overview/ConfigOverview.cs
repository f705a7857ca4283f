namespace Switchyard.Overview;

/// <summary>The settings that decide how calls are answered.</summary>
public sealed record ConfigOverview
{
    /// <summary>How a target is chosen.</summary>
    public required string Strategy { get; init; }

    /// <summary>The provider for unknown model names; null for none.</summary>
    public required string? DefaultProvider { get; init; }

    /// <summary>Whether another target is tried.</summary>
    public required bool Fallback { get; init; }

    /// <summary>The maximum number of fallbacks.</summary>
    public required int MaxFallbacks { get; init; }

    /// <summary>The maximum number of attempts at one target.</summary>
    public required int Attempts { get; init; }

    /// <summary>How long a call may take.</summary>
    public required double TimeoutSeconds { get; init; }

    /// <summary>Whether answers are cached.</summary>
    public required bool Cache { get; init; }

    /// <summary>The number of aliases.</summary>
    public required int Aliases { get; init; }

    /// <summary>The number of providers and models with limits.</summary>
    public required int Limits { get; init; }

    /// <summary>The number of budgets, without those of keys and tenants.</summary>
    public required int Budgets { get; init; }
}
