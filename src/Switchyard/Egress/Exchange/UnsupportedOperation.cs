using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Egress.Exchange;

/// <summary>The errors of an operation that the chosen provider does not serve; the message names the enabled providers that do.</summary>
internal static class UnsupportedOperation
{
    /// <summary>The provider does not serve the operation.</summary>
    public static CallError Error(ModelCall call, string provider) =>
        Of(call, provider, $"{provider} does not serve {CallOperations.Name(call.Envelope.Operation)}.");

    /// <summary>The provider serves it in another dialect only, and the operation has no canonical form to translate through.</summary>
    public static CallError ForwardOnly(ModelCall call, string provider) => Of(
        call, provider,
        $"A request for {CallOperations.Name(call.Envelope.Operation)} can only be sent to a provider that speaks the client's own format, "
            + $"and {provider} does not.");

    private static CallError Of(ModelCall call, string provider, string reason)
    {
        var others = call.Snapshot.Routes.Serving(call.Envelope.Operation).Where(name => name != provider).ToList();
        var hint = others.Count > 0
            ? $"Enabled providers that do: {string.Join(", ", others)}. Ask for one of their models."
            : "No other enabled provider does; `switchyard providers` lists the ones there are.";
        return new(CallErrorKind.InvalidRequest, $"{reason} {hint}")
        {
            Param = "model",
            Code = Faults.UnsupportedOperation,
            Provider = provider,
        };
    }
}
