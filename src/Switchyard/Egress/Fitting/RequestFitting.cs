using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Targets;

namespace Switchyard.Egress.Fitting;

/// <summary>Fits a chat to the model and format it goes to, before it is encoded.</summary>
internal static class RequestFitting
{
    /// <summary>Returns the request as the target takes it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="target">The model.</param>
    /// <param name="dialect">The format.</param>
    /// <param name="client">The client's format; if it is the target's, that format's rules are the provider's to enforce.</param>
    /// <param name="losses">Takes the names of what is left out.</param>
    /// <param name="tools">The changes to undo in the answer.</param>
    public static CanonicalChatRequest Fit(
        CanonicalChatRequest request, EgressTarget target, IEgressDialect dialect, DialectId client, LossReport losses,
        out FittedTools tools)
    {
        var isOwn = client == dialect.Id;
        if (request.Operation != CallOperation.CountTokens)
            request = FieldFitting.Fit(request, target.Facts, losses);
        if (!isOwn)
        {
            RefusedNumbers.Check(request, client);
            if (request.Operation != CallOperation.CountTokens)
                request = FieldFitting.FitLimits(request, target, losses);
            request = EndUserFitting.Fit(request, dialect.Id);
            request = MediaFitting.Fit(request, dialect.Id);
        }

        if (SchemaFitting.Applies(target.Facts, dialect.Id) && SchemaFitting.AsksForSchema(request))
            request = SchemaFitting.Fit(request, losses);
        request = WrappedTools.Apply(request, target, dialect.Id, out var wrapped);
        if (!isOwn && RootUnions.Applies(dialect.Id))
            request = RootUnions.Fit(request, losses);
        request = DistinctCallIds.Fit(request, dialect.Id);
        var names = ToolNames.Of(request, dialect.ToolNames);
        tools = new FittedTools(names, wrapped, DistinctCallIds.Of(request));
        return names is null ? request : ToolRenaming.Apply(request, names);
    }

    /// <summary>
    /// Whether a body in the target's own format holds what its model refuses, so that it is translated instead: only a translation drops
    /// and reports it. Names of tools are no reason: their rule is that of the client's format, so the provider enforces it.
    /// </summary>
    public static bool IsNeeded(CallBody body, ReadOnlySpan<byte> wire, EgressTarget target, DialectId dialect)
    {
        var facts = target.Facts;
        // In every format: those without this fallback have their own.
        var mayAskForSchema = facts.JsonSchema == false && wire.IndexOf("json_schema"u8) >= 0;
        // Almost no body is decoded for this: it would have to hold the name of such a field.
        var mayHoldOthersTools = WrappedTools.MayHold(wire, target.Quirks, dialect);
        if (!mayAskForSchema && !mayHoldOthersTools && !FieldFitting.MayHoldRefused(wire, facts))
            return false;
        return body.GetCanonical() is CanonicalChatRequest { Operation: CallOperation.Chat or CallOperation.Completion } request
            && ((mayAskForSchema && SchemaFitting.AsksForSchema(request))
                || (mayHoldOthersTools && WrappedTools.HasWrapped(request, target.Quirks, dialect))
                || FieldFitting.Refuses(request, facts));
    }
}
