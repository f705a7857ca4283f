using System.Text;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>A header of the client that goes to the provider unchanged, with the body.</summary>
internal static class SendableHeader
{
    /// <summary>Returns its value.</summary>
    /// <exception cref="CallException">It cannot be sent. If sending found that, it would count as a failure of the provider.</exception>
    public static string Require(string name, string value) => Ascii.IsValid(value) ? value : throw new CallException(
        CallErrorKind.InvalidRequest, $"The header {name} holds a character that cannot be sent on; write it in ASCII.", name);
}
