using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;

namespace Switchyard.Stored;

/// <summary>Why a request about something stored is refused before a provider is asked: the cause and the way out.</summary>
internal static class StoredErrors
{
    /// <summary>
    /// Nobody here has made it, or somebody else has: both in the same words, so that an id cannot be tried out.
    /// </summary>
    public static CallException NotFound(CallOperation kind, string id, string param = "id")
    {
        var (code, hint) = kind switch
        {
            CallOperation.StoredResponse => (
                "response_not_found",
                "It is known for 30 days and until the gateway is restarted, with the key or tenant that asked for it, and only where the "
                    + "provider keeps answers."),
            CallOperation.File => ("file_not_found", "Upload it by POST /v1/files, with the key or tenant that uses it."),
            _ => ("batch_not_found", "Begin it by POST /v1/batches, with the key or tenant that asks for it."),
        };
        return new(new CallError(
            CallErrorKind.ModelNotFound, $"No {NameOf(kind)} '{Sanitizer.Clean(id)}' of yours was made by this gateway. {hint}")
        {
            Code = code,
            Param = param,
        });
    }

    /// <summary>No provider was named, and not exactly one serves it; or the named one does not.</summary>
    public static CallException NoProvider(CallOperation kind, string? named, IReadOnlyList<string> serving)
    {
        var what = CallOperations.Name(kind);
        var message = (named, serving.Count) switch
        {
            (null, 0) => $"No enabled provider serves {what}. Enable one that does, such as openai.",
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

    /// <summary>The account that keeps it is not among the provider's credentials any more.</summary>
    public static CallException AccountGone(CallOperation kind, string id, string provider) => new(new CallError(
        CallErrorKind.StateElsewhere,
        $"The {NameOf(kind)} '{Sanitizer.Clean(id)}' is kept by an account of {provider} whose key is no longer configured. "
            + "Configure that key again, or make it anew.")
    {
        Provider = provider,
    });

    /// <summary>The database that knows whose it is cannot be asked.</summary>
    public static CallException StoreAway(Exception cause) => new(new CallError(
        CallErrorKind.ProviderUnavailable,
        "Whose files and batches are whose cannot be read or written now: the database of storage.ledger is away. Ask again later.")
    {
        Code = "store_unavailable",
        RetryAfter = TimeSpan.FromSeconds(5),
        Cause = cause,
    });

    /// <summary>The database that keeps answers cannot be asked.</summary>
    public static CallException ResponsesAway(Exception cause) => new(new CallError(
        CallErrorKind.ProviderUnavailable,
        "The answers that are kept here cannot be read now: the database of storage.ledger is away. Ask again later, or send the whole "
            + "conversation.")
    {
        Code = "store_unavailable",
        RetryAfter = TimeSpan.FromSeconds(5),
        Cause = cause,
    });

    /// <summary>What was made upstream could not be written down, and so belongs to nobody.</summary>
    public static CallException NotWritten(CallOperation kind, string id, string provider, Exception cause) => new(new CallError(
        CallErrorKind.ProviderUnavailable,
        $"{provider} has made the {NameOf(kind)} '{Sanitizer.Clean(id)}', but it could not be written down whose it is: the database of "
            + "storage.ledger is away. Make it again later; the operator can delete this one at the provider.")
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
