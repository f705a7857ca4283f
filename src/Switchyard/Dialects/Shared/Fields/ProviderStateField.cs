using System.Text.Json;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared.Fields;

/// <summary>
/// A request field that refers to state stored by the provider: an earlier answer (<c>previous_response_id</c>), a stored prompt, an
/// uploaded file. Kept under <see cref="CanonicalKeys.Own"/>, on the options or on the content that is such a file. Any other dialect
/// refuses the request, because without that state the model would answer another question.
/// </summary>
/// <param name="Value">The field as sent.</param>
/// <param name="Refusal">The message of the 400 when the request goes to another format: the cause and the remedy.</param>
internal sealed record ProviderStateField(JsonElement Value, string Refusal);
