using System.Text.Json;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// A request field that means something only where the client's own format is spoken: it names what such a provider keeps (an earlier
/// answer, a stored prompt). Kept under <see cref="CanonicalKeys.Own"/>. Any other dialect refuses the request: without what the
/// field stands for the answer would be one to another question.
/// </summary>
/// <param name="Value">The field as sent.</param>
/// <param name="Refusal">What a client is told whose request goes to another format: the cause and the way out.</param>
internal sealed record ProviderStateField(JsonElement Value, string Refusal);
