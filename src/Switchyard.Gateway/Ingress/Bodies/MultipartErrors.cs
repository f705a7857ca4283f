using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>The errors of a malformed form.</summary>
internal static class MultipartErrors
{
    public static CallException Broken(string what) => Of($"The multipart body is broken: {what}.", null, "invalid_multipart");

    public static CallException Duplicate(string name) =>
        Of($"Invalid form: '{name}' appears more than once.", name, "duplicate_parameter");

    public static CallException NotAField(string name, string why) => Of($"Invalid '{name}': {why}.", name, "invalid_value");

    private static CallException Of(string message, string? param, string code) =>
        new(new CallError(CallErrorKind.InvalidRequest, message) { Param = param, Type = "invalid_request_error", Code = code });
}
