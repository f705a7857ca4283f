using Microsoft.Extensions.AI;

namespace Switchyard.Egress.Fitting;

/// <summary>What was changed about a request's tools, to be undone in its answer, and the ids its calls may have there.</summary>
/// <param name="Names">Names that were fitted; null for none.</param>
/// <param name="Wrapped">Tools that were made functions; null for none.</param>
/// <param name="Ids">The ids of calls.</param>
internal sealed record FittedTools(ToolNames? Names, WrappedTools? Wrapped, DistinctCallIds Ids)
{
    /// <summary>Gives the calls of an answer the client's names and form, and distinct ids.</summary>
    public void Restore(IList<AIContent> contents)
    {
        Names?.Restore(contents);
        Wrapped?.Restore(contents);
        Ids.Restore(contents);
    }
}
