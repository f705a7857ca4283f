using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;

namespace Switchyard.Stored;

/// <summary>The errors of requests about stored objects that are refused before a provider is called: the cause and the remedy.</summary>
internal static class StoredErrors
{
    /// <summary>
    /// The id is unknown here, or belongs to another owner: the same message for both, so that a client cannot probe for ids.
    /// </summary>
    public static CallException NotFound(CallOperation kind, string id, string param = "id", StoredFormat? format = null)
    {
        var (code, hint) = kind switch
        {
            CallOperation.StoredResponse => (
                "response_not_found",
                "It is known for 30 days, with the key or tenant that asked for it, and only where the provider keeps answers. After a "
                    + "restart only an answer in the background is known, if storage.ledger is set."),
            CallOperation.File => ("file_not_found", "Upload it by POST /v1/files, with the key or tenant that uses it."),
            _ => (
                "batch_not_found",
                $"Create it by POST /v1{(format ?? StoredFormat.Usual).Batches}, with the key or tenant that asks for it."),
        };
        return new(new CallError(
            CallErrorKind.ModelNotFound, $"No {NameOf(kind)} '{Sanitizer.Clean(id)}' of yours was made by this gateway. {hint}")
        {
            Code = code,
            Param = param,
        });
    }

    /// <summary>No provider was named, and not exactly one serves it; or the named one does not.</summary>
    public static CallException NoProvider(StoredRequest request, string? named, IReadOnlyList<string> serving)
    {
        var format = StoredFormat.Of(request);
        var what = format.NameOf(request.Kind);
        var message = (named, serving.Count) switch
        {
            (null, 0) => $"No enabled provider serves {what}. {format.Advice}",
            (null, _) => $"Several providers serve {what}: {string.Join(", ", serving)}. "
                + $"Name one in the header {AnswerFacts.Provider}.",
            (_, 0) => $"'{Sanitizer.Clean(named)}' does not serve {what}, and no other enabled provider does.",
            _ => $"'{Sanitizer.Clean(named)}' does not serve {what}. Providers that do: {string.Join(", ", serving)}. "
                + $"Name one of them in the header {AnswerFacts.Provider}.",
        };
        return new(new CallError(CallErrorKind.InvalidRequest, message)
        {
            Code = "unsupported_operation",
            Param = AnswerFacts.Provider,
        });
    }

    /// <summary>The account that stores it is no longer among the provider's credentials.</summary>
    public static CallException AccountGone(CallOperation kind, string id, string provider) => new(new CallError(
        CallErrorKind.StateElsewhere,
        $"The {NameOf(kind)} '{Sanitizer.Clean(id)}' is kept by an account of {provider} whose key is no longer configured. "
            + "Configure that key again, or create it again.")
    {
        Provider = provider,
    });

    /// <summary>The database of owners is unavailable.</summary>
    public static CallException StoreAway(Exception cause) => new(new CallError(
        CallErrorKind.ProviderUnavailable,
        "The owners of files, batches and answers cannot be read or written now: the database of storage.ledger is unavailable. Try again "
            + "later.")
    {
        Code = "store_unavailable",
        RetryAfter = TimeSpan.FromSeconds(5),
        Cause = cause,
    });

    /// <summary>The database of answers is unavailable.</summary>
    public static CallException ResponsesAway(Exception cause) => new(new CallError(
        CallErrorKind.ProviderUnavailable,
        "The kept answers cannot be read now: the database of storage.ledger is unavailable. Try again later, or send the whole "
            + "conversation.")
    {
        Code = "store_unavailable",
        RetryAfter = TimeSpan.FromSeconds(5),
        Cause = cause,
    });

    /// <summary>The owner of an object created upstream could not be recorded, so no client can use it.</summary>
    public static CallException NotWritten(CallOperation kind, string id, string provider, Exception cause) => new(new CallError(
        CallErrorKind.ProviderUnavailable,
        $"{provider} has created the {NameOf(kind)} '{Sanitizer.Clean(id)}', but its owner could not be recorded: the database of "
            + "storage.ledger is unavailable. Create it again later; the operator can delete this one at the provider.")
    {
        Code = "store_unavailable",
        Provider = provider,
        Cause = cause,
    });

    private static string NameOf(CallOperation kind) => kind switch
    {
        CallOperation.StoredResponse => "response",
        CallOperation.File => "file",
        _ => "batch",
    };
}
