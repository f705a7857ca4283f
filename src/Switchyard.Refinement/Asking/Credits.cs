using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Refinement.Requests;

namespace Switchyard.Refinement.Asking;

/// <summary>The amount that a caller may still spend.</summary>
internal static class Credits
{
    private const decimal Nano = 1_000_000_000m;

    /// <summary>
    /// What is left of the tightest budget that counts the caller's calls to any model: its key's, its tenant's, or a general one. Null if
    /// there is none, or none has counted a call yet.
    /// </summary>
    public static decimal? Remaining(SwitchyardEngine engine, SwitchyardOptions options, RefinementContext context)
    {
        decimal? least = null;
        foreach (var account in engine.Budgets.List())
        {
            if (!Counts(account.Budget, account.Scope, options, context))
                continue;
            var left = Math.Max(0, account.Limit - account.Spent - account.Reserved) / Nano;
            least = least is { } known ? Math.Min(known, left) : left;
        }

        return least;
    }

    private static bool Counts(string budget, string? scope, SwitchyardOptions options, RefinementContext context)
    {
        var (key, tenant) = (context.Caller?.Name, context.Tenant ?? context.Caller?.Tenant);
        if (scope is not null && scope != key && scope != context.Caller?.Id && scope != tenant)
            return false;
        if (options.Budgets.Named.TryGetValue(budget, out var written))
            return written.Provider is null && written.Model is null && (written.Tag is null || written.Tag == context.Tag);
        return budget == $"key:{key}" || (tenant is not null && budget.StartsWith("tenant:", StringComparison.Ordinal)
            && (tenant + "/").StartsWith(budget["tenant:".Length..] + "/", StringComparison.Ordinal));
    }
}
