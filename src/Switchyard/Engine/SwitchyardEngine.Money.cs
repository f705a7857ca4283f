using Switchyard.Money;

namespace Switchyard.Engine;

/// <content>The cost of the engine's calls.</content>
public sealed partial class SwitchyardEngine
{
    /// <summary>The spending of budgets, and the calls whose end is unknown.</summary>
    public Budgets Budgets => new(_money, _time);

    /// <summary>Reserves and settles the cost of calls.</summary>
    internal MoneyDesk Money => _money;
}
